import type { Transaction } from '../../platform/database/database.ts';
import { userRealm } from '../realms/realms.ts';
import { type Account, hasEmail, notDeleted } from './account-store.ts';
import { withoutPassword } from './stored-columns.ts';

/** Locks the user and the unverified holder of the address, in order of id against deadlocks. */
export async function lockUserAndHolder(
  trx: Transaction,
  { id, email }: { id?: string; email?: string | undefined },
): Promise<{ user: Account | null; holder: Account | null }> {
  const query = trx
    .selectFrom('users')
    .selectAll()
    .where(notDeleted(userRealm))
    .where((eb) => {
      const isUser = id === undefined ? [] : [eb('id', '=', id)];
      const isHolder = email === undefined ? [] : [hasEmail(email)];
      return eb.or([
        ...isUser,
        ...isHolder.map((has) => eb.and([has, eb('is_email_verified', '=', false)])),
      ]);
    });
  const accounts = (await query.orderBy('id').forUpdate().execute()).map(withoutPassword);
  const user = accounts.find((one) => one.id === id) ?? null;
  return { user, holder: accounts.find((one) => one.id !== id) ?? null };
}
