import type { Part } from '../../access/part.ts';
import { accountDeletedMail, accountRestoredMail } from './deletion-mails.ts';
import { eraseDueAccounts } from './erase-accounts.ts';
import { addAccountDeletionRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    user_deleted: true;
    user_restored: true;
    user_erased: true;
  }
}

declare module '../../domain/outbox/mail-row.ts' {
  interface MailKinds {
    account_deleted: true;
    account_restored: true;
  }
}

declare module '../../domain/one-time-tokens/link-row.ts' {
  interface LinkPurposes {
    account_deletion_undo: true;
  }
}

export const accountDeletion: Part = {
  routes: addAccountDeletionRoutes,
  mails: { account_deleted: accountDeletedMail, account_restored: accountRestoredMail },
  auditEvents: {
    user_deleted: 'A user was deleted, by the owner or an admin, and can still be restored',
    user_restored: 'A deleted user was restored, by an admin or with an undo link',
    user_erased: 'A deleted user was erased for ever; nothing else of the account is left',
  },
  cleanUp: [eraseDueAccounts],
};
