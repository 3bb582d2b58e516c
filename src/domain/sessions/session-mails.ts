import { type MailText, when } from '../outbox/mail-text.ts';

export const newSignInMail: MailText = {
  write: ({ occurredAt, device, ip }) => ({
    title: 'New sign-in to your account',
    paragraphs: [
      'Somebody just signed in to your account from a device or place that we have not seen before.',
    ],
    facts: [
      ['When', when(occurredAt)],
      ['Device', device ?? 'unknown'],
      ['IP address', ip ?? 'unknown'],
    ],
    notes: [
      'If it was you, there is nothing to do. If not, change your password now: that signs out all other devices.',
    ],
  }),
};

export const refreshTokenReusedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'One of your devices was signed out',
    paragraphs: [
      `On ${when(occurredAt)}, a sign-in secret that only your device should have was used a second time. Somebody may have copied it, so we signed that device out.`,
    ],
    notes: [
      'Sign in again to continue. If other people can use your device, or if this happens again, change your password.',
    ],
  }),
};
