import type { Part } from '../../access/part.ts';
import { emailChangedMail, emailRevertedMail } from './email-change-mails.ts';

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
  mails: { email_changed: emailChangedMail, email_reverted: emailRevertedMail },
  auditEvents: {
    email_changed: 'The e-mail address was changed',
    email_change_undone:
      'An e-mail change was undone with an undo link; a failure means an invalid link',
    email_reverted:
      'The last verified address was restored: someone else claimed the unverified one, the password was reset through the verified one, or the account was deleted',
  },
};
