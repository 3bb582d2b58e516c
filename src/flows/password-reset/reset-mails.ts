import { button, type MailText, when } from '../../domain/outbox/mail-text.ts';

export const passwordResetMail: MailText = {
  page: 'reset-password',
  write: ({ link, linkLife }) => ({
    title: 'Set a new password',
    paragraphs: ['Somebody, hopefully you, asked for a link to set a new password for your account.'],
    ...button('Set a new password', link),
    notes: [
      `The link works once, for ${linkLife ?? 'a short time'}. It signs out every device that is signed in.`,
      'If it was not you, there is nothing to do: without this mail nobody can use the link.',
    ],
  }),
};

export const testMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'Test mail',
    paragraphs: [`Mail works. An admin asked for this one on ${when(occurredAt)}.`],
    notes: ['There is nothing to do.'],
  }),
};
