import type { Transaction } from '../../platform/database/database.ts';
import { type AnyUser, unmarkDeleted } from '../accounts/deleted-accounts.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { type Party, partyOf, userRealm } from '../realms/realms.ts';
import { endAccess } from './end-access.ts';

/**
 * Brings a deleted user back as the user was: also deactivated, if so. The sessions and links of
 * before stay dead. The caller has locked the row.
 */
export async function restoreDeleted(
  deps: Pick<Dependencies, 'logger'>,
  trx: Transaction,
  { id }: Pick<AnyUser, 'id'>,
  { actor, reason }: { actor?: Party; reason?: string } = {},
): Promise<void> {
  const subject = partyOf(userRealm, id);
  await unmarkDeleted(trx, id);
  await endAccess(trx, userRealm, id, 'restored');
  const details = reason === undefined ? {} : { reason };
  await recordEvent(deps, trx, { event: 'user_restored', subject, actor: actor ?? subject, details });
}
