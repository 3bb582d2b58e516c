import { type Account, lockAccount, updateAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { isSameAddress } from '../../domain/one-time-tokens/fallback-address.ts';
import { LinkNotGoodError, withGoodLink } from '../../domain/one-time-tokens/link-not-good.ts';
import { endLinks, findOpenLink, useLink } from '../../domain/one-time-tokens/link-store.ts';
import { queueLinkMail } from '../../domain/outbox/queue-mail.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { badRequest } from '../../platform/errors.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'>;

const lifeSeconds = durations.hours(24);

/** Mails a verification link to a new address, in the caller's transaction. */
export async function queueVerification(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'logger'>,
  trx: Transaction,
  user: Pick<Account, 'id' | 'email'>,
): Promise<void> {
  await queueLinkMail(deps, trx, user, {
    kind: 'email_verification',
    purpose: 'email_verification',
    lifeSeconds,
  });
}

/** Marks the linked address as verified. Throws the same 400 for every invalid token. */
export async function verifyEmail(
  deps: Pick<Deps, 'db' | 'keys' | 'logger'>,
  token: string,
): Promise<void> {
  const refusal = () =>
    badRequest('The verification link is invalid or has expired', 'invalid_verification_token');
  await withGoodLink(deps, { event: 'email_verified', refusal }, () => verify(deps, token));
}

async function verify(deps: Pick<Deps, 'db' | 'keys' | 'logger'>, token: string): Promise<void> {
  const link = await findOpenLink(deps.db, 'email_verification', token);
  if (link === null) throw new LinkNotGoodError();
  await transact(deps.db, async (trx) => {
    const user = await lockAccount(trx, userRealm, link.subject_id);
    const isTheirs = user?.is_active && isSameAddress(user.email, link.email);
    if (!isTheirs || !(await useLink(trx, link))) throw new LinkNotGoodError();
    await updateAccount(trx, userRealm, user.id, { is_email_verified: true });
    await endLinks(trx, user.id, { only: ['email_verification'] }, 'verified');
    await recordEvent(deps, trx, { event: 'email_verified', subject: partyOf(userRealm, user.id) });
  });
}

/** Sends a new link if the address is unverified; otherwise does nothing. */
export async function resendVerification(deps: Deps, userId: string): Promise<void> {
  await transact(deps.db, async (trx) => {
    const user = await lockAccount(trx, userRealm, userId);
    if (user?.is_active && !user.is_email_verified) await queueVerification(deps, trx, user);
  });
}
