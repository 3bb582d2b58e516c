import { rateLimited } from '../../platform/errors.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Party } from '../realms/realms.ts';
import { recordExceeded } from '../throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../throttles/throttle-policy.ts';
import { peekThrottle, takeThrottle } from '../throttles/throttle-store.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'logger'>;

/** What a wrong password counts on; `isWaived`: this one may go on although the count is full. */
export type GuessCount = {
  policy: ThrottlePolicy;
  key: string;
  subject: Party | null;
  isWaived?: () => Promise<boolean>;
};

/**
 * Checks a password, at most as often wrongly as the counts allow. Right ones are never refused for being many at
 * once. Of wrong ones at once, all are checked, but only as many as the limit are told the outcome: whoever ends when
 * the count is full gets 429, even with the right password, so that guessing in parallel gains nothing.
 *
 * Throws 429, before any work where the count is full already. What is counted is committed by itself.
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
  for (const count of counts) {
    const { allowed, isFirstRefusal, retryAfterSeconds } = await peekThrottle(deps, count.policy, count.key);
    if (allowed || (await count.isWaived?.())) continue;
    // Only what is taken tells the others that the first refusal was seen.
    if (isFirstRefusal) await takeGuess(deps, count);
    throw rateLimited(retryAfterSeconds);
  }
}

async function takeGuess(deps: Deps, { policy, key, subject, isWaived }: GuessCount): Promise<void> {
  const { allowed, isFirstRefusal, retryAfterSeconds } = await takeThrottle(deps, policy, key);
  if (isFirstRefusal) await recordExceeded(deps, policy, subject);
  if (!allowed && !(await isWaived?.())) throw rateLimited(retryAfterSeconds);
}
