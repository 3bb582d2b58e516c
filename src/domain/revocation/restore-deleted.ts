import type { Transaction } from '../../platform/database/database.ts';
import { type AnyUser, unmarkDeleted } from '../accounts/deleted-accounts.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { type Party, partyOf, userRealm } from '../realms/realms.ts';
import { endAccess } from './end-access.ts';

/** Restores a deleted user, also a deactivated one, whose row is locked. Sessions stay dead. */
export async function restoreDeleted(
  deps: Pick<Dependencies, 'keys' | 'logger'>,
  trx: Transaction,
  { id }: Pick<AnyUser, 'id'>,
  { actor, reason }: { actor?: Party; reason?: string } = {},
): Promise<void> {
  const subject = partyOf(userRealm, id);
  await unmarkDeleted(trx, id);
  await endAccess(trx, userRealm, id, 'restored');
  const details = reason === undefined ? {} : { reason };
  await recordEvent(deps, trx, {
    event: 'user_restored',
    subject,
    actor: actor ?? subject,
    details,
  });
}
