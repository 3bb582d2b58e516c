import { button, type MailText, when } from '../../domain/outbox/mail-text.ts';

export const passwordResetMail: MailText = {
  page: 'reset-password',
  write: ({ link, linkLife }) => ({
    title: 'Set a new password',
    paragraphs: [
      'Someone, hopefully you, asked for a link to set a new password for your account.',
    ],
    ...button('Set a new password', link),
    notes: [
      `The link works once, for ${linkLife ?? 'a short time'}. Setting a new password signs out every device.`,
      'If this was not you, you can ignore this mail: nobody can use the link without it.',
    ],
  }),
};

export const firstPasswordMail: MailText = {
  page: 'reset-password',
  write: ({ link, linkLife }) => ({
    title: 'An account was created for you',
    paragraphs: [
      'An administrator of this service created an account for this address. Set a password to use it.',
    ],
    ...button('Set my password', link),
    notes: [
      `The link works once, for ${linkLife ?? 'a short time'}. If it has expired, use “Forgot password”.`,
      'Setting a password also confirms that this address is yours.',
      'If you expected no account, you can ignore this mail: without a password nobody can sign in.',
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
