import { type Account, updateAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { findFallback } from '../../domain/one-time-tokens/fallback-address.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
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
  const fallback = holder && (await findFallback(trx, holder));
  if (!fallback) return;
  const { id } = holder;
  const restored = { email: fallback.email, is_email_verified: true };
  const updated = await updateAccount(trx, userRealm, id, restored);
  await endAccess(trx, userRealm, id, 'email_reverted', { since: fallback.created_at });
  const subject = partyOf(userRealm, id);
  // The user who took the address is in a separate event of the same request.
  const details = { reason: 'claimed_by_another' };
  await recordEvent(deps, trx, { event: 'email_reverted', subject, actor: null, details });
  await queueNotice(deps, trx, userRealm, updated, 'email_reverted');
}
