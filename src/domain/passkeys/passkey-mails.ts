import { type MailText, when } from '../outbox/mail-text.ts';

const ifNot =
  'If this was not you, somebody may be using your account: change your password, end all sessions and remove the passkeys that you do not know.';

export const passkeyAddedMail: MailText = {
  write: ({ occurredAt, device, ip }) => ({
    title: 'A passkey was added to your account',
    paragraphs: ['From now on, it can be used to sign in to your account.'],
    facts: [
      ['When', when(occurredAt)],
      ['Device', device ?? 'unknown'],
      ['IP address', ip ?? 'unknown'],
    ],
    notes: [ifNot],
  }),
};

export const passkeyRenamedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'A passkey of your account was renamed',
    paragraphs: [`One of your passkeys got a new name on ${when(occurredAt)}.`],
    notes: [ifNot],
  }),
};

export const passkeyRemovedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'A passkey was removed from your account',
    paragraphs: [
      `On ${when(occurredAt)}, a passkey was removed. It can no longer be used to sign in.`,
    ],
    notes: [ifNot],
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
