import { accountTag } from '../../domain/accounts/account-version.ts';
import { lockAnyUser } from '../../domain/accounts/deleted-accounts.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { adminRealm, partyOf } from '../../domain/realms/realms.ts';
import { deleteLocked } from '../../flows/account-deletion/delete-locked.ts';
import { transact } from '../../platform/database/database.ts';
import { forbidden } from '../../platform/errors.ts';
import { requireMatch } from '../../platform/http/preconditions.ts';
import type { ActingAdmin } from '../acting-admin.ts';

/**
 * Deletes a user; false if there is none. A deletion by the owner becomes the admin's: the owner's
 * link is void, the times stay. A repeated one changes nothing. Throws 403 if a plain admin would
 * delete a superuser: the erasure would take the right and free the name.
 */
export async function deleteUser(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'>,
  { account }: ActingAdmin,
  id: string,
  ifMatch?: string,
): Promise<boolean> {
  return transact(deps.db, async (trx) => {
    const user = await lockAnyUser(trx, id);
    if (user === null) return false;
    if (user.is_superuser && !account.is_superadmin)
      throw forbidden('Only a superadmin may delete a superuser');
    requireMatch(ifMatch, accountTag(user));
    if (user.deleted_by === 'admin') return true;
    const actor = partyOf(adminRealm, account.id);
    return deleteLocked(deps, trx, user, { by: 'admin', actor });
  });
}
