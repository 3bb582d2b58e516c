import { type MailText, when } from '../outbox/mail-text.ts';

const notYou =
  'If this was not you, somebody else is in your account: sign in, unlink what you do not know, and sign out every device.';

export const identityLinkedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'Another way to sign in was added to your account',
    paragraphs: [
      `On ${when(occurredAt)}, an account at another service was linked to yours. Who is signed in there can now sign in here.`,
    ],
    notes: [notYou],
  }),
};

export const identityUnlinkedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'A way to sign in was removed from your account',
    paragraphs: [
      `On ${when(occurredAt)}, an account at another service was unlinked from yours. It no longer signs you in, and your other devices were signed out.`,
    ],
    notes: [notYou],
  }),
};
