import type { Credentials } from '../../domain/accounts/account-credentials.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { forOwnerOf } from '../../domain/one-time-tokens/for-owner-of.ts';
import { type MailOutcome, queueLinkMail } from '../../domain/outbox/queue-mail.ts';
import { type Party, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { recordExceeded } from '../../domain/throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../../domain/throttles/throttle-policy.ts';
import { takeThrottle } from '../../domain/throttles/throttle-store.ts';
import type { Transaction } from '../../platform/database/database.ts';
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
  await forOwnerOf(deps.db, email, async (trx, user) => {
    const { queued } = await queueResetLink(deps, trx, user);
    const subject = partyOf(userRealm, user.id);
    if (queued)
      await recordEvent(deps, trx, { event: 'password_reset_requested', subject, actor: null });
  });
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
