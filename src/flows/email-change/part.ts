import type { Part } from '../../access/part.ts';
import { emailChangedMail, emailRevertedMail } from './email-change-mails.ts';
import { addEmailChangeRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    email_changed: true;
    email_change_undone: true;
    email_reverted: true;
  }
}

declare module '../../domain/outbox/mail-row.ts' {
  interface MailKinds {
    email_changed: true;
    email_reverted: true;
  }
}

declare module '../../domain/one-time-tokens/link-row.ts' {
  interface LinkPurposes {
    email_change_undo: true;
  }
}

export const emailChange: Part = {
  routes: addEmailChangeRoutes,
  mails: { email_changed: emailChangedMail, email_reverted: emailRevertedMail },
  auditEvents: {
    email_changed: 'The address was changed',
    email_change_undone:
      'A change of the address was undone by the link in its notice; a failure had no good link',
    email_reverted:
      'The last verified address is back: somebody else claimed the unverified one, or a password was reset through ',
  },
};
