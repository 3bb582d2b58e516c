import { randomInt, randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dependencies } from '../../dependencies.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { type Credentials, findCredentials } from '../accounts/account-store.ts';
import { type Party, partyOf, userRealm } from '../accounts/realms.ts';
import { recordEvent } from '../audit-log/record-event.ts';
import { type MailOutcome, queueLinkMail } from '../mail/queue-mail.ts';
import { recordExceeded } from '../throttles/require-within-throttle.ts';
import { throttlePolicies } from '../throttles/throttle-policies.ts';
import { takeThrottle } from '../throttles/throttle-store.ts';

/** Notes that a link was asked for, the same for every address; whether there is an account is looked up later, elsewhere. */
export async function requestPasswordReset(
  deps: Pick<Dependencies, 'db' | 'keys' | 'jobs' | 'logger'>,
  email: string,
): Promise<void> {
  const { allowed, isFirstRefusal } = await takeThrottle(deps, throttlePolicies.forgot, email);
  if (allowed) await deps.jobs.send(deps.db, 'password-reset-requests', { email });
  if (isFirstRefusal) await recordExceeded(deps, throttlePolicies.forgot, null);
}

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'>;

/**
 * Answers such a request: a reset link for an active user. For every other address the same statements run, and come
 * to nothing; neither this answer's time nor that of the next one tells them apart (security.md § 5).
 */
export async function answerResetRequest(deps: Deps, email: string): Promise<void> {
  await sleep(randomInt(20, 121));
  const found = await findCredentials(deps.db, userRealm, email);
  const isThere = found?.is_active === true;
  const user = isThere ? found : { id: randomUUIDv7(), email, password_version: 1 };
  await transact(deps.db, async (trx) => {
    const subject = partyOf(userRealm, user.id);
    const { queued } = await queueResetLink(deps, trx, user);
    if (queued) await recordEvent(deps, trx, { event: 'password_reset_requested', subject, actor: null });
    if (!isThere) throw new NobodyThereError();
  }).catch((error: unknown) => {
    if (!(error instanceof NobodyThereError)) throw error;
  });
}

/** The link and its mail, in the caller's transaction. */
export async function queueResetLink(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'config' | 'logger'>,
  trx: Transaction,
  user: Pick<Credentials, 'id' | 'email' | 'password_version'>,
  how: { actor?: Party; isEarned?: boolean } = {},
): Promise<MailOutcome> {
  return queueLinkMail(deps, trx, user, {
    purpose: 'password_reset',
    lifeSeconds: deps.config.resetTokenSeconds,
    passwordVersion: user.password_version,
    ...how,
  });
}

/** Rolls the work for nobody back. */
class NobodyThereError extends Error {}
