import { type MailText, when } from '../outbox/mail-text.ts';

export const accountTakenOverMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'Your account is yours alone now',
    paragraphs: [
      `On ${when(occurredAt)}, somebody who reads mail to this address signed in to the account that was made for it. Until then, nobody had confirmed the address.`,
      'To be safe, everything that was set up before is void: the password, second factors, passkeys, and every device that was signed in.',
    ],
    notes: [
      'You can set a new password with “Forgot password”, and should look over the profile: somebody else may have filled it in.',
      'If it was not you who signed in, somebody else reads your mail: contact the operator of this service.',
    ],
  }),
};
