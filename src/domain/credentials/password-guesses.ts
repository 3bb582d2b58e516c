import { rateLimited } from '../../platform/errors.ts';
import { countRefusal } from '../../platform/rate-limit/refusal-count.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Party } from '../realms/realms.ts';
import { recordExceeded } from '../throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../throttles/throttle-policy.ts';
import { peekThrottles, takeThrottle } from '../throttles/throttle-store.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'logger'>;

/** What a wrong password counts on. `isWaived`: the attempt may proceed although it is full. */
export type GuessCount = {
  policy: ThrottlePolicy;
  key: string;
  subject: Party | null;
  isWaived?: () => Promise<boolean>;
};

/**
 * Checks a password and counts it if it is wrong. Right passwords do not count, however many arrive
 * at once. Parallel guesses gain nothing: all are checked, but an attempt that finishes after the
 * count is full gets 429, even with the right password.
 *
 * Throws 429, before any hashing if the count is already full. Counts are committed on their own.
 */
export async function checkWithinGuesses(
  deps: Deps,
  counts: readonly GuessCount[],
  check: () => Promise<boolean>,
): Promise<boolean> {
  await requireGuessLeft(deps, counts);
  if (await check()) {
    await requireGuessLeft(deps, counts);
    return true;
  }
  for (const count of counts) await takeGuess(deps, count);
  return false;
}

async function requireGuessLeft(deps: Deps, counts: readonly GuessCount[]): Promise<void> {
  for (const count of await peekThrottles(deps, counts)) {
    if (count.allowed || (await count.isWaived?.())) continue;
    // Peeking leaves no mark. Taking one ensures that the first refusal is recorded only once.
    if (count.isFirstRefusal) await takeGuess(deps, count);
    countRefusal(count.policy);
    throw rateLimited(count.retryAfterSeconds);
  }
}

async function takeGuess(
  deps: Deps,
  { policy, key, subject, isWaived }: GuessCount,
): Promise<void> {
  const { allowed, isFirstRefusal, retryAfterSeconds } = await takeThrottle(deps, policy, key);
  if (isFirstRefusal) await recordExceeded(deps, policy, subject);
  if (allowed || (await isWaived?.())) return;
  countRefusal(policy);
  throw rateLimited(retryAfterSeconds);
}
