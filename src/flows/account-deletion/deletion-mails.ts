import { button, type MailText, when } from '../../domain/outbox/mail-text.ts';

const soonErased = 'After that, everything that is stored about you is erased for ever.';

export const accountDeletedMail: MailText = {
  page: 'undo?of=deletion',
  write: ({ link, linkLife, occurredAt }) => ({
    title: 'Your account was deleted',
    paragraphs: [
      `Your account was deleted on ${when(occurredAt)}, and every device was signed out.`,
    ],
    ...(link === null ? {} : button('Restore my account', link)),
    notes:
      link === null
        ? [
            `If you want it back, contact the operator of this service within the next days. ${soonErased}`,
          ]
        : [
            `The link works once, for ${linkLife ?? 'a short time'}. ${soonErased}`,
            'If this was not you, someone knows your password: restore the account, and set a new password at once.',
          ],
  }),
};

export const accountRestoredMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'Your account was restored',
    paragraphs: [
      `Your deleted account was restored on ${when(occurredAt)}. Sign in with your password as before.`,
    ],
    notes: [
      'If you did not delete it, someone knows your password. Set a new one at once with “Forgot password”.',
    ],
  }),
};
