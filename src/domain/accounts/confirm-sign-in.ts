import { now, type Transaction } from '../../platform/database/database.ts';
import type { Realm } from '../realms/realms.ts';
import type { Credentials } from './account-credentials.ts';
import { accountTable, notDeleted } from './account-store.ts';

/**
 * Locks the account and records the sign-in; false if it has ended or changed since the check, or
 * if nobody may sign in without a second factor and none was shown.
 */
export async function confirmSignIn(
  trx: Transaction,
  realm: Realm,
  verified: Pick<Credentials, 'id' | 'password_version'>,
  { showsSecondFactor }: { showsSecondFactor: boolean },
): Promise<boolean> {
  let query = trx
    .updateTable(accountTable(realm))
    .set({ last_login_at: now })
    .where('id', '=', verified.id)
    .where(notDeleted(realm))
    .where('is_active', '=', true)
    .where('password_version', '=', verified.password_version);
  if (!showsSecondFactor) query = query.where('has_second_factor', '=', false);
  return (await query.executeTakeFirst()).numUpdatedRows === 1n;
}
