import { type MailText, when } from '../outbox/mail-text.ts';

export const newSignInMail: MailText = {
  write: ({ occurredAt, device, ip }) => ({
    title: 'New sign-in to your account',
    paragraphs: ['Your account was just signed in to from a device or a place that we have not seen before.'],
    facts: [
      ['When', when(occurredAt)],
      ['Device', device ?? 'unknown'],
      ['IP address', ip ?? 'unknown'],
    ],
    notes: [
      'If it was you, all is well. If not, change your password at once: that signs out everybody else.',
    ],
  }),
};

export const refreshTokenReusedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'A sign-in was ended for your safety',
    paragraphs: [
      `On ${when(occurredAt)} something that only your device should have was used a second time. Somebody may have copied it, so we signed that device out.`,
    ],
    notes: [
      'Sign in again to go on. If you use a device that others can use as well, or if this happens again, change your password.',
    ],
  }),
};
