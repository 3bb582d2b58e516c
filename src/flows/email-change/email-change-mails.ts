import { button, type MailText, when } from '../../domain/outbox/mail-text.ts';

export const emailChangedMail: MailText = {
  page: 'undo',
  write: ({ link, linkLife, occurredAt }) => ({
    title: 'Your email address was changed',
    paragraphs: [
      `The email address of your account was changed on ${when(occurredAt)}. This address no longer belongs to it.`,
      'If it was you, all is well.',
    ],
    ...(link === null ? {} : button('It was not me: undo it', link)),
    notes: [
      link === null
        ? 'If it was not you, tell the people who run this service at once.'
        : `The link works once, for ${linkLife ?? 'a short time'}. It puts this address back, signs out every device and lets you set a new password.`,
    ],
  }),
};

export const emailRevertedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'This is your email address again',
    paragraphs: [
      `On ${when(occurredAt)} somebody else claimed the email address that you had changed to and not confirmed. Your account has this address again, with the same password.`,
    ],
    notes: [
      'If you did not change your email address, somebody knows your password: set a new one at once with “Forgot password”.',
    ],
  }),
};
