import type { KeyRing } from '../../platform/crypto/secret-keys.ts';
import type { Database } from '../../platform/database/database.ts';
import { rateLimited } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { countRefusal } from '../../platform/rate-limit/refusal-count.ts';
import { recordRefusal } from '../audit/record-event.ts';
import type { SecurityEvent } from '../audit/security-events.ts';
import type { Party } from '../realms/realms.ts';
import type { ThrottlePolicy } from './throttle-policy.ts';
import { takeThrottle } from './throttle-store.ts';

type Deps = { db: Database; keys: KeyRing; logger: Logger };

/** Counts one more for the key. Throws 429 if the limit is exceeded. */
export async function requireWithinThrottle(
  deps: Deps,
  policy: ThrottlePolicy,
  key: string,
  subject: Party | null,
): Promise<void> {
  const { allowed, isFirstRefusal, retryAfterSeconds } = await takeThrottle(deps, policy, key);
  if (isFirstRefusal) await recordExceeded(deps, policy, subject);
  if (allowed) return;
  countRefusal(policy);
  throw rateLimited(retryAfterSeconds);
}

/** Call it only at the first refusal of a key in a window: a flood must not fill the audit log. */
export function recordExceeded(
  deps: Pick<Deps, 'db' | 'keys' | 'logger'>,
  policy: { name: string },
  subject: Party | null,
): Promise<void> {
  return recordRefusal(deps, exceeded(policy, subject));
}

export function exceeded(
  { name: policy }: { name: string },
  subject: Party | null,
  actor: Party | null = null,
): SecurityEvent {
  return { event: 'limit_exceeded', outcome: 'denied', subject, actor, details: { policy } };
}
