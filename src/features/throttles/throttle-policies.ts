import { durations } from '../../platform/durations.ts';

/** So many in a window that begins with the first (security.md § 4). */
export type ThrottlePolicy = { name: string; limit: number; windowSeconds: number };

export const throttlePolicies = {
  /** Reset links asked for one address, whoever asks; over it the answer is the same and no mail goes out. */
  forgot: { name: 'forgot', limit: 3, windowSeconds: durations.hours(1) },
  /** Mails of one kind to one address; over it they are left out in silence. */
  mailRecipient: { name: 'mail-recipient', limit: 3, windowSeconds: durations.hours(1) },
  /** New usernames and e-mail addresses of one account. */
  identifierChange: { name: 'identifier-change', limit: 10, windowSeconds: durations.hours(1) },
} as const satisfies Record<string, ThrottlePolicy>;
