import { type MailText, when } from '../outbox/mail-text.ts';

export const passkeyRenamedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'A passkey of your account was renamed',
    paragraphs: [`One of your passkeys got a new name on ${when(occurredAt)}.`],
    notes: [
      'If this was not you, somebody else is in your account: set a new password at once, and remove the passkeys that you do not know.',
    ],
  }),
};

export const passkeyCopiedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'A passkey of your account may have been copied',
    paragraphs: [
      `On ${when(occurredAt)}, somebody used one of your passkeys, and its count of uses had gone backwards. That happens when there are two copies of it. We refused the sign-in.`,
    ],
    notes: [
      'Remove this passkey, add a new one, and change your password if other people could use the device.',
    ],
  }),
};
