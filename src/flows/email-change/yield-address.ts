import { type Account, updateAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { findFallback } from '../../domain/one-time-tokens/fallback-address.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { type Party, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import type { Transaction } from '../../platform/database/database.ts';

/**
 * Gives up an unverified address that someone else claims: its holder goes back to the last
 * verified address. Sessions and password stay. Does nothing if the address is verified or there is
 * no address to fall back to; the address is then taken. The caller has locked the row of the
 * holder.
 */
export async function yieldAddress(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'logger'>,
  trx: Transaction,
  holder: Account | null,
): Promise<void> {
  // The user who took the address is in a separate event of the same request.
  const cause = { reason: 'claimed_by_another', actor: null };
  const updated = holder && (await fallBack(deps, trx, holder, cause));
  if (updated) await queueNotice(deps, trx, userRealm, updated, 'email_reverted');
}

/** Restores the last verified address while the current is unverified; null if there is none. */
export async function fallBack(
  deps: Pick<Dependencies, 'keys' | 'logger'>,
  trx: Transaction,
  user: Account,
  { reason, actor }: { reason: string; actor: Party | null },
): Promise<Account | null> {
  const fallback = await findFallback(trx, user);
  if (!fallback) return null;
  const { id } = user;
  const restored = { email: fallback.email, is_email_verified: true };
  const updated = await updateAccount(trx, userRealm, id, restored);
  await endAccess(trx, userRealm, id, 'email_reverted', { since: fallback.created_at });
  const subject = partyOf(userRealm, id);
  await recordEvent(deps, trx, { event: 'email_reverted', subject, actor, details: { reason } });
  return updated;
}
