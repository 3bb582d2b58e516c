import { randomBytes } from 'node:crypto';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { forOwnerOf } from '../../domain/one-time-tokens/for-owner-of.ts';
import { queueLinkMail } from '../../domain/outbox/queue-mail.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { recordExceeded } from '../../domain/throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../../domain/throttles/throttle-policy.ts';
import { takeThrottle } from '../../domain/throttles/throttle-store.ts';
import { sha256 } from '../../platform/crypto/secret-keys.ts';
import { durations } from '../../platform/durations.ts';
import { foldCase } from '../../platform/fold-case.ts';

export const mailLifeSeconds = durations.minutes(10);

/** Mails that sign in, per address. Beyond the limit the answer is the same, and none is sent. */
export const emailSignInLimit: ThrottlePolicy = {
  name: 'email-sign-in',
  limit: 3,
  windowSeconds: durations.hours(1),
  keysOf: ({ email }) => [email],
};

type Asked = { email: string; returnTo: string | null };

/**
 * Queues the request, and gives the secret without which the code of the mail is of no use. A job
 * looks the account up later, so that the time reveals nothing.
 */
export async function requestSignIn(
  deps: Pick<Dependencies, 'db' | 'keys' | 'jobs' | 'logger'>,
  { email, returnTo }: Asked,
): Promise<string> {
  const secret = randomBytes(32).toString('base64url');
  const { allowed, isFirstRefusal } = await takeThrottle(deps, emailSignInLimit, email);
  if (allowed) {
    const requestHash = requestHashOf(secret, email).toString('base64url');
    const request = { email, requestHash, returnTo };
    await deps.jobs.send(deps.db, 'email-sign-in-requests', request);
  }
  if (isFirstRefusal) await recordExceeded(deps, emailSignInLimit, null);
  return secret;
}

/** Of the secret and the address that was typed: another address finds nothing. */
export function requestHashOf(secret: string, email: string): Buffer {
  return sha256(`${secret}\0${foldCase(email)}`);
}

export type SignInRequest = { email: string; requestHash: string; returnTo: string | null };

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'>;

/** Mails a link and a code to an active user. For others the same is done and rolled back. */
export async function answerSignInRequest(
  deps: Deps,
  { email, requestHash, returnTo }: SignInRequest,
): Promise<void> {
  const request = { hash: Buffer.from(requestHash, 'base64url'), returnTo };
  await forOwnerOf(deps.db, email, async (trx, user) => {
    const { queued } = await queueLinkMail(deps, trx, user, {
      kind: 'email_sign_in',
      purpose: 'email_sign_in',
      lifeSeconds: mailLifeSeconds,
      passwordVersion: user.password_version,
      request,
    });
    const subject = partyOf(userRealm, user.id);
    if (queued)
      await recordEvent(deps, trx, { event: 'email_sign_in_requested', subject, actor: null });
  });
}
