import { button, type MailText } from '../../domain/outbox/mail-text.ts';

export const emailSignInMail: MailText = {
  page: 'sign-in-link',
  hasCode: true,
  write: ({ link, code, linkLife }) => ({
    title: 'Sign in',
    paragraphs: [
      'Someone, hopefully you, asked to sign in with this address. Press the button, or type the code on the page where you asked.',
    ],
    ...(code === null ? {} : { facts: [['Code', code]] as const }),
    ...button('Sign in', link),
    notes: [
      `Link and code work once, for ${linkLife ?? 'a short time'}.`,
      'Never tell the code to anybody: nobody who works for this service will ask for it.',
      'If this was not you, you can ignore this mail: nobody can sign in without it.',
    ],
  }),
};

export const firstSignInMail: MailText = {
  page: 'sign-in-link',
  write: ({ link, linkLife }) => ({
    title: 'Sign in for the first time',
    paragraphs: [
      'An account was made with this address. Sign in to confirm that it is yours, and to use it.',
    ],
    ...button('Sign in', link),
    notes: [
      `The link works once, for ${linkLife ?? 'a short time'}. If it has expired, ask for a new mail where you sign in.`,
      'If you expected no account, you can ignore this mail: nobody can sign in without it.',
    ],
  }),
};
