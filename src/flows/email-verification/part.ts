import type { Part } from '../../access/part.ts';
import { addEmailVerificationRoutes } from './routes.ts';
import { verificationMail } from './verification-mail.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    email_verified: true;
  }
}

declare module '../../domain/outbox/mail-row.ts' {
  interface MailKinds {
    email_verification: true;
  }
}

declare module '../../domain/one-time-tokens/link-row.ts' {
  interface LinkPurposes {
    email_verification: true;
  }
}

export const emailVerification: Part = {
  routes: addEmailVerificationRoutes,
  mails: { email_verification: verificationMail },
  auditEvents: {
    email_verified: 'The owner confirmed the e-mail address; a failure means an invalid link',
  },
};
