import { button, type MailText, when } from '../../domain/outbox/mail-text.ts';

export const emailChangedMail: MailText = {
  page: 'undo',
  write: ({ link, linkLife, occurredAt }) => ({
    title: 'Your email address was changed',
    paragraphs: [
      `The email address of your account was changed on ${when(occurredAt)}. This address no longer belongs to your account.`,
      'If this was you, you can ignore this mail.',
    ],
    ...(link === null ? {} : button('This was not me: undo the change', link)),
    notes: [
      link === null
        ? 'If this was not you, contact the operator of this service at once.'
        : `The link works once, for ${linkLife ?? 'a short time'}. It restores this address, signs out every device and lets you set a new password.`,
    ],
  }),
};

export const emailRevertedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'This is your email address again',
    paragraphs: [
      `On ${when(occurredAt)} someone else claimed the email address that you had changed to but not confirmed. Your account uses this address again, with the same password.`,
    ],
    notes: [
      'If you did not change your email address, someone knows your password. Set a new one at once with “Forgot password”.',
    ],
  }),
};
