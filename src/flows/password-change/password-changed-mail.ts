import { type MailText, when } from '../../domain/outbox/mail-text.ts';

export const passwordChangedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'Your password was changed',
    paragraphs: [`The password of your account was changed on ${when(occurredAt)}.`],
    notes: [
      'If this was you, you can ignore this mail. If not, set a new password at once with “Forgot password”.',
    ],
  }),
};
