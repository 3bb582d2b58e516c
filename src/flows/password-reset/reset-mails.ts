import { button, type MailText, when } from '../../domain/outbox/mail-text.ts';

export const passwordResetMail: MailText = {
  page: 'reset-password',
  write: ({ link, linkLife }) => ({
    title: 'Set a new password',
    paragraphs: ['Someone, hopefully you, asked for a link to set a new password for your account.'],
    ...button('Set a new password', link),
    notes: [
      `The link works once, for ${linkLife ?? 'a short time'}. Setting a new password signs out every device.`,
      'If this was not you, you can ignore this mail: nobody can use the link without it.',
    ],
  }),
};

export const testMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'Test mail',
    paragraphs: [`Mail delivery works. An admin sent this test mail on ${when(occurredAt)}.`],
    notes: ['You can ignore this mail.'],
  }),
};
