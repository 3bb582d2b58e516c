import type { Dependencies } from '../../dependencies.ts';
import { rateLimited } from '../../errors.ts';
import type { ThrottlePolicy } from './throttle-policies.ts';
import { peekThrottle, takeThrottle } from './throttle-store.ts';

type Deps = Pick<Dependencies, 'db' | 'keys'>;

/** What a wrong password counts on; `isWaived`: this one may go on although the count is full. */
export type GuessCount = { policy: ThrottlePolicy; key: string; isWaived?: () => Promise<boolean> };

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
  for (const { policy, key, isWaived } of counts) {
    const { allowed, retryAfterSeconds } = await takeThrottle(deps, policy, key);
    if (!allowed && !(await isWaived?.())) throw rateLimited(retryAfterSeconds);
  }
  return false;
}

async function requireGuessLeft(deps: Deps, counts: readonly GuessCount[]): Promise<void> {
  for (const { policy, key, isWaived } of counts) {
    const { allowed, retryAfterSeconds } = await peekThrottle(deps, policy, key);
    if (!allowed && !(await isWaived?.())) throw rateLimited(retryAfterSeconds);
  }
}
