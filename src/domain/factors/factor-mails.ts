import { type MailText, when } from '../outbox/mail-text.ts';

const notYou =
  'If this was not you, somebody else is in your account: set a new password at once, and contact the operator of this service.';

export const secondFactorAddedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'A second factor was added to your account',
    paragraphs: [
      `On ${when(occurredAt)}, a second factor was added to your account. From now on, signing in takes more than your password.`,
    ],
    notes: [notYou],
  }),
};

export const secondFactorRemovedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'A second factor was removed from your account',
    paragraphs: [`A second factor of your account was removed on ${when(occurredAt)}.`],
    notes: [notYou],
  }),
};

export const secondFactorsResetMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'Your second factors were reset',
    paragraphs: [
      `On ${when(occurredAt)}, all second factors of your account were removed for you, and every device was signed out. Your password alone signs you in now.`,
    ],
    notes: ['Set up a new second factor soon.', notYou],
  }),
};

export const recoveryCodesReplacedMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'You have new recovery codes',
    paragraphs: [
      `New recovery codes were made for your account on ${when(occurredAt)}. Older ones no longer work.`,
    ],
    notes: [notYou],
  }),
};

export const recoveryCodesLowMail: MailText = {
  write: ({ occurredAt }) => ({
    title: 'Your recovery codes are running out',
    paragraphs: [
      `On ${when(occurredAt)}, a recovery code was used to get into your account, and at most one is left.`,
    ],
    notes: ['Make new codes while you can still sign in.', notYou],
  }),
};
