import type { Account } from '../../domain/accounts/account-store.ts';
import { findAnyUser, lockAnyUser } from '../../domain/accounts/deleted-accounts.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { adminRealm, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { restoreDeleted } from '../../domain/revocation/restore-deleted.ts';
import { transact } from '../../platform/database/database.ts';
import { forbidden } from '../../platform/errors.ts';
import type { ActingAdmin } from '../acting-admin.ts';

/**
 * Restores a deleted user, whoever deleted it, until it is erased; null if there is no such user
 * (any more). One who is not deleted stays as is. Throws 403 if a plain admin would restore a
 * superuser.
 */
export async function restoreUser(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'>,
  { account }: ActingAdmin,
  id: string,
): Promise<Account | null> {
  return transact(deps.db, async (trx) => {
    const user = await lockAnyUser(trx, id);
    if (user === null || user.deleted_at === null) return user;
    if (user.is_superuser && !account.is_superadmin)
      throw forbidden('Only a superadmin may restore a superuser');
    await restoreDeleted(deps, trx, user, { actor: partyOf(adminRealm, account.id) });
    await queueNotice(deps, trx, userRealm, user, 'account_restored');
    return findAnyUser(trx, id);
  });
}
