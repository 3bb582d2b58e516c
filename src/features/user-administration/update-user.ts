import type { Dependencies } from '../../dependencies.ts';
import { forbidden } from '../../errors.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { changesEmail } from '../accounts/account-change.ts';
import { type Account, type AccountChange, lockAccount, updateAccount } from '../accounts/account-store.ts';
import { userRealm } from '../accounts/realms.ts';
import { type Caller, revokeSessionsOf } from '../sessions/session-store.ts';

/**
 * Applies an admin's change; null where there is no such user. Throws 409 where a name is taken, 403 where an admin
 * who is no superadmin would change `is_superuser`.
 */
export async function updateUser(
  { db }: Pick<Dependencies, 'db'>,
  caller: Caller,
  id: string,
  change: AccountChange,
): Promise<Account | null> {
  if (change.is_superuser !== undefined && !caller.account.is_superadmin) {
    throw forbidden('Only a superadmin may change is_superuser');
  }
  return db.transaction().execute(async (trx) => {
    const user = await lockAccount(trx, userRealm, id);
    if (user === null || Object.keys(change).length === 0) return user;
    const newEmail = changesEmail(user, change);
    const updated = await updateAccount(
      trx,
      userRealm,
      id,
      newEmail ? { ...change, is_email_verified: false } : change,
    );
    await endSessionsAfter(trx, updated, newEmail);
    return updated;
  });
}

async function endSessionsAfter(trx: Transaction, user: Account, newEmail: boolean): Promise<void> {
  if (!user.is_active) await revokeSessionsOf(trx, userRealm, user.id, 'deactivated');
  else if (newEmail) await revokeSessionsOf(trx, userRealm, user.id, 'email_changed');
}
