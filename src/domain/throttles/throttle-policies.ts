import type { RealmKind } from '../../platform/database/tables.ts';
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
  /** The same from one address, of all accounts: each one that is taken is a 409, as at registration. */
  identifierChangeAddress: { name: 'identifier-change-ip', limit: 30, windowSeconds: durations.hours(1) },
  /** Set-up tokens tried from one address while there is no admin. */
  setupToken: { name: 'setup-token', limit: 5, windowSeconds: durations.hours(1) },
  /** Wrong passwords of somebody who is signed in. */
  passwordCheck: { name: 'pw-check', limit: 5, windowSeconds: durations.minutes(15) },
} as const satisfies Record<string, ThrottlePolicy>;

type SignInPolicies = { fromAddress: ThrottlePolicy; ofAccount: ThrottlePolicy };

/** Wrong passwords for an account: from one address, and from all together (NIST SP 800-63B: at most a hundred). */
export const signInPolicies: Record<RealmKind, SignInPolicies> = {
  user: {
    fromAddress: { name: 'login-ip-acct', limit: 5, windowSeconds: durations.minutes(15) },
    ofAccount: { name: 'login-acct', limit: 100, windowSeconds: durations.hours(24) },
  },
  admin: {
    fromAddress: { name: 'admin-login-ip-acct', limit: 3, windowSeconds: durations.minutes(15) },
    ofAccount: { name: 'admin-login-acct', limit: 20, windowSeconds: durations.hours(24) },
  },
};

export const allThrottlePolicies: readonly ThrottlePolicy[] = [
  ...Object.values(throttlePolicies),
  ...Object.values(signInPolicies).flatMap((ofRealm) => Object.values(ofRealm)),
];
