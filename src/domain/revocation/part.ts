import { accountTakenOverMail } from './take-over-mail.ts';

declare module '../audit/security-events.ts' {
  interface SecurityEvents {
    account_taken_over: true;
  }
}

declare module '../outbox/mail-row.ts' {
  interface MailKinds {
    account_taken_over: true;
  }
}

export const revocation = {
  mails: { account_taken_over: accountTakenOverMail },
  auditEvents: {
    account_taken_over:
      'Whoever proved to own an address that was never verified has the account; what was set up before is void',
  },
};
