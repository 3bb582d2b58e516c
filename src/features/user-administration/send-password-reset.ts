import type { Dependencies } from '../../dependencies.ts';
import { conflict } from '../../errors.ts';
import { transact } from '../../platform/database/database.ts';
import { findCredentialsById } from '../accounts/account-store.ts';
import { adminRealm, partyOf, userRealm } from '../accounts/realms.ts';
import { recordEvent } from '../audit-log/record-event.ts';
import { queueResetLink } from '../password-reset/request-password-reset.ts';

/** False where there is no such user; throws 409 for one that is not active: nobody can reset that password. */
export async function sendPasswordReset(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'>,
  adminId: string,
  userId: string,
): Promise<boolean> {
  const user = await findCredentialsById(deps.db, userRealm, userId);
  if (user === null) return false;
  if (!user.is_active) throw conflict('The user is not active', 'user_not_active');
  await transact(deps.db, async (trx) => {
    const parties = {
      actor: partyOf(adminRealm, adminId),
      subject: partyOf(userRealm, user.id),
    };
    await recordEvent(deps, trx, { event: 'password_reset_sent', ...parties });
    await queueResetLink(deps, trx, user);
  });
  return true;
}
