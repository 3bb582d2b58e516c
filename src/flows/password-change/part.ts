import type { Part } from '../../access/part.ts';
import { realms } from '../../domain/realms/realms.ts';
import { passwordChangedMail } from './password-changed-mail.ts';
import { addPasswordChangeRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    password_changed: true;
  }
}

declare module '../../domain/outbox/mail-row.ts' {
  interface MailKinds {
    password_changed: true;
  }
}

export const passwordChange: Part = {
  routes: (app, deps) => {
    for (const realm of realms) addPasswordChangeRoutes(app, deps, realm);
  },
  mails: { password_changed: passwordChangedMail },
  auditEvents: {
    password_changed: 'The owner set a new password',
  },
};
