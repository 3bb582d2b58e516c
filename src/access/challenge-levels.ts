import { hmacSha256, type KeyRing } from '../platform/crypto/secret-keys.ts';
import { durations } from '../platform/durations.ts';
import { foldCase } from '../platform/fold-case.ts';
import type { LimitPolicy, RateLimiter } from '../platform/rate-limit/rate-limit.ts';

export type ChallengedAction = 'register' | 'forgot-password' | 'email-sign-in' | 'sign-in';

/** Who asks, and for a sign-in under which name. */
export type Asker = { network: string; name: string | null };

/** 0: no puzzle. Each level is twice the work of the one before. */
export type Level = number;
const highestLevel = 6;

const windowSeconds = durations.minutes(10);

/**
 * So many pass in a window before a puzzle is due: requests, or failed sign-ins, of one network,
 * under one name, and of all together. Each doubling is a level.
 */
const calm: Record<ChallengedAction, { network: number; name: number; all: number }> = {
  register: { network: 3, name: 3, all: 60 },
  'forgot-password': { network: 3, name: 3, all: 60 },
  'email-sign-in': { network: 3, name: 3, all: 60 },
  'sign-in': { network: 5, name: 3, all: 100 },
};

type Count = { policy: LimitPolicy; key: string; calm: number };

/** Counted as all limits are: over all processes where they share Redis. */
export function createChallengeLevels(limiter: RateLimiter, keys: KeyRing) {
  const countsOf = (action: ChallengedAction, { network, name }: Asker): Count[] => [
    countOf(action, 'all', ''),
    countOf(action, 'network', network),
    // Hashed, because what was typed may be an address; unknown names count like known ones.
    ...(name === null ? [] : [countOf(action, 'name', hashed(keys, name))]),
  ];
  return {
    /** With one more. */
    raise: async (action: ChallengedAction, asker: Asker): Promise<Level> => {
      const levels = countsOf(action, asker).map(async (one) => {
        const { remaining } = await limiter.take(one.policy, one.key);
        return levelOf(one.policy.limit - remaining, one.calm);
      });
      return Math.max(...(await Promise.all(levels)));
    },
    /** With the one that is about to come. `isKnown`: something was counted of this network or under this name. */
    read: async (
      action: ChallengedAction,
      asker: Asker,
    ): Promise<{ level: Level; isKnown: boolean }> => {
      const counts = countsOf(action, asker);
      const numbers = await Promise.all(
        counts.map(({ policy, key }) => limiter.count(policy, key)),
      );
      const levels = counts.map((one, at) => levelOf(1 + (numbers[at] ?? 0), one.calm));
      return { level: Math.max(...levels), isKnown: numbers.slice(1).some((number) => number > 0) };
    },
  };
}

function countOf(action: ChallengedAction, of: 'network' | 'name' | 'all', key: string): Count {
  const most = calm[action][of];
  const limit = most * 2 ** highestLevel;
  return { policy: { name: `challenge-${action}-${of}`, limit, windowSeconds }, key, calm: most };
}

function levelOf(count: number, most: number): Level {
  return count <= most ? 0 : Math.min(highestLevel, 1 + Math.floor(Math.log2(count / most)));
}

function hashed({ current }: KeyRing, name: string): string {
  return hmacSha256(current.throttle, 'challenge\0', foldCase(name)).toString('base64url');
}
