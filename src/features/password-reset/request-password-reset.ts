import { randomInt, randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dependencies } from '../../dependencies.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { type Credentials, findCredentials } from '../accounts/account-store.ts';
import { userRealm } from '../accounts/realms.ts';
import { queueLinkMail } from '../mail/queue-mail.ts';
import { throttlePolicies } from '../throttles/throttle-policies.ts';
import { takeThrottle } from '../throttles/throttle-store.ts';

/** Notes that a link was asked for, the same for every address; whether there is an account is looked up later, elsewhere. */
export async function requestPasswordReset(
  { db, keys, jobs }: Pick<Dependencies, 'db' | 'keys' | 'jobs'>,
  email: string,
): Promise<void> {
  const { allowed } = await takeThrottle({ db, keys }, throttlePolicies.forgot, email);
  if (allowed) await jobs.send(db, 'password-reset-requests', { email });
}

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config'>;

/**
 * Answers such a request: a reset link for an active user. For every other address the same statements run, and come
 * to nothing; neither this answer's time nor that of the next one tells them apart (security.md § 5).
 */
export async function answerResetRequest(deps: Deps, email: string): Promise<void> {
  await sleep(randomInt(20, 121));
  const found = await findCredentials(deps.db, userRealm, email);
  if (found?.is_active) return deps.db.transaction().execute((trx) => queueResetLink(deps, trx, found));
  await deps.db
    .transaction()
    .execute(async (trx) => {
      await queueResetLink(deps, trx, { id: randomUUIDv7(), email, password_version: 1 });
      throw new NobodyThereError();
    })
    .catch((error: unknown) => {
      if (!(error instanceof NobodyThereError)) throw error;
    });
}

/** The link and its mail, in the caller's transaction. */
export async function queueResetLink(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'config'>,
  trx: Transaction,
  user: Pick<Credentials, 'id' | 'email' | 'password_version'>,
): Promise<void> {
  await queueLinkMail(deps, trx, user, {
    purpose: 'password_reset',
    lifeSeconds: deps.config.resetTokenSeconds,
    passwordVersion: user.password_version,
  });
}

/** Rolls the work for nobody back. */
class NobodyThereError extends Error {}
