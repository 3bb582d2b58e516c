import { durations } from '../../platform/durations.ts';
import type { RealmKind } from '../realms/realms.ts';
import type { ThrottlePolicy } from '../throttles/throttle-policy.ts';

/** Wrong current passwords in a session. */
export const passwordCheck: ThrottlePolicy = {
  name: 'pw-check',
  limit: 5,
  windowSeconds: durations.minutes(15),
  keysOf: ({ kind, id }) => [`${kind}\0${id}`],
};

/** Prefixed, so that no typed text can equal the key of an account. */
export const guessKey = {
  ofAccount: (id: string) => `id\0${id}`,
  ofTypedName: (name: string) => `typed\0${name}`,
};

function guessKeysIn(realm: RealmKind): ThrottlePolicy['keysOf'] {
  return ({ kind, id, username, email }) => {
    if (kind !== realm) return [];
    const names = username === null ? [email] : [username, email];
    return [guessKey.ofAccount(id), ...names.map(guessKey.ofTypedName)];
  };
}

/** Networks, too, are in these keys. They are gone after a quarter of an hour. */
const none: ThrottlePolicy['keysOf'] = () => [];

type SignInPolicies = { fromAddress: ThrottlePolicy; ofAccount: ThrottlePolicy };

/** Failed sign-ins per account: from one address, and in total (NIST SP 800-63B: at most 100). */
export const signInPolicies: Record<RealmKind, SignInPolicies> = {
  user: {
    fromAddress: {
      name: 'login-ip-acct',
      limit: 5,
      windowSeconds: durations.minutes(15),
      keysOf: none,
    },
    ofAccount: {
      name: 'login-acct',
      limit: 100,
      windowSeconds: durations.hours(24),
      keysOf: guessKeysIn('user'),
    },
  },
  admin: {
    fromAddress: {
      name: 'admin-login-ip-acct',
      limit: 3,
      windowSeconds: durations.minutes(15),
      keysOf: none,
    },
    ofAccount: {
      name: 'admin-login-acct',
      limit: 20,
      windowSeconds: durations.hours(24),
      keysOf: guessKeysIn('admin'),
    },
  },
};

export const guessLimits: readonly ThrottlePolicy[] = [
  passwordCheck,
  ...Object.values(signInPolicies).flatMap(({ fromAddress, ofAccount }) => [
    fromAddress,
    ofAccount,
  ]),
];
