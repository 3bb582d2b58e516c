import { button, type MailText } from '../../domain/outbox/mail-text.ts';

export const verificationMail: MailText = {
  page: 'verify-email',
  write: ({ link, linkLife }) => ({
    title: 'Confirm your email address',
    paragraphs: [
      'Please confirm that this address is yours, so that we can reach you when necessary.',
    ],
    ...button('Confirm my address', link),
    notes: [
      `The link works once, for ${linkLife ?? 'a short time'}.`,
      'If you have no account with us, someone mistyped their address. You can ignore this mail.',
    ],
  }),
};
