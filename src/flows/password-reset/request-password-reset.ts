import { randomInt, randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Credentials,
  findCredentials,
  findCredentialsById,
} from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { fallbackOf, isSameAddress } from '../../domain/one-time-tokens/fallback-address.ts';
import { findReserver } from '../../domain/one-time-tokens/undo-links.ts';
import { type MailOutcome, queueLinkMail } from '../../domain/outbox/queue-mail.ts';
import { type Party, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { recordExceeded } from '../../domain/throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../../domain/throttles/throttle-policy.ts';
import { takeThrottle } from '../../domain/throttles/throttle-store.ts';
import { type Database, type Transaction, transact } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';

/** Reset links per address. Beyond the limit the answer is the same, and no mail is sent. */
export const forgotLimit: ThrottlePolicy = {
  name: 'forgot',
  limit: 3,
  windowSeconds: durations.hours(1),
  keysOf: ({ email }) => [email],
};

/** Queues the request. A job looks the account up later, so that the time reveals nothing. */
export async function requestPasswordReset(
  deps: Pick<Dependencies, 'db' | 'keys' | 'jobs' | 'logger'>,
  email: string,
): Promise<void> {
  const { allowed, isFirstRefusal } = await takeThrottle(deps, forgotLimit, email);
  if (allowed) await deps.jobs.send(deps.db, 'password-reset-requests', { email });
  if (isFirstRefusal) await recordExceeded(deps, forgotLimit, null);
}

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'>;

/** Mails a link to an active user. For others the same statements run and are rolled back. */
export async function answerResetRequest(deps: Deps, email: string): Promise<void> {
  await sleep(randomInt(20, 121));
  const found = await findOwner(deps.db, email);
  const user = found ?? { id: randomUUIDv7(), email, password_version: 1 };
  await transact(deps.db, async (trx) => {
    const subject = partyOf(userRealm, user.id);
    const { queued } = await queueResetLink(deps, trx, user);
    if (queued)
      await recordEvent(deps, trx, { event: 'password_reset_requested', subject, actor: null });
    if (found === null) throw new NobodyThereError();
  }).catch((error: unknown) => {
    if (!(error instanceof NobodyThereError)) throw error;
  });
}

/** The active user of this address, or of the one before an unverified one. Same work for each. */
async function findOwner(db: Database, email: string): Promise<Recipient | null> {
  const present = await findCredentials(db, userRealm, email);
  const reserver = await findReserver(db, email);
  const id = present?.id ?? reserver?.subjectId ?? randomUUIDv7();
  const recipient = await findRecipient(db, id);
  const isTheirs =
    present !== null || (recipient !== null && isSameAddress(recipient.email, email));
  return isTheirs && recipient?.is_active ? recipient : null;
}

type Recipient = Pick<Credentials, 'id' | 'email' | 'password_version' | 'is_active'>;

/** A user and the address that reset links go to; null if there is no such user. */
export async function findRecipient(db: Database, id: string): Promise<Recipient | null> {
  const user = await findCredentialsById(db, userRealm, id);
  const fallback = await fallbackOf(db, userRealm, id);
  return user && { ...user, email: fallback ?? user.email };
}

/** Creates the link and queues its mail, in the caller's transaction. */
export async function queueResetLink(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'config' | 'logger'>,
  trx: Transaction,
  user: Pick<Credentials, 'id' | 'email' | 'password_version'>,
  how: { actor?: Party; isEarned?: boolean } = {},
): Promise<MailOutcome> {
  return queueLinkMail(deps, trx, user, {
    kind: 'password_reset',
    purpose: 'password_reset',
    lifeSeconds: deps.config.resetTokenSeconds,
    passwordVersion: user.password_version,
    ...how,
  });
}

/** Rolls back the work done for an address without an account. */
class NobodyThereError extends Error {}
