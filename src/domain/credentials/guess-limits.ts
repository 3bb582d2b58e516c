import { durations } from '../../platform/durations.ts';
import type { RealmKind } from '../realms/realms.ts';
import type { ThrottlePolicy } from '../throttles/throttle-policy.ts';

/** Wrong current passwords in a session. */
export const passwordCheck: ThrottlePolicy = {
  name: 'pw-check',
  limit: 5,
  windowSeconds: durations.minutes(15),
};

type SignInPolicies = { fromAddress: ThrottlePolicy; ofAccount: ThrottlePolicy };

/** Failed sign-ins per account: from one address, and in total (NIST SP 800-63B: at most 100). */
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

export const guessLimits: readonly ThrottlePolicy[] = [
  passwordCheck,
  ...Object.values(signInPolicies).flatMap(({ fromAddress, ofAccount }) => [fromAddress, ofAccount]),
];
