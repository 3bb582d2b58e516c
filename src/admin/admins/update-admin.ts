import { type Account, lockAccount, updateAccount } from '../../domain/accounts/account-store.ts';
import { accountTag } from '../../domain/accounts/account-version.ts';
import { lockActiveSuperadmins } from '../../domain/accounts/admin-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { adminRealm, partyOf } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import { transact } from '../../platform/database/database.ts';
import { conflict, forbidden, notFound } from '../../platform/errors.ts';
import { requireMatch } from '../../platform/http/preconditions.ts';
import { describeChange } from '../describe-change.ts';

type Change = { is_active?: boolean; is_superadmin?: boolean };

/**
 * Changes the state or right of an admin. Two superadmins who demote each other concurrently are
 * serialized here: the second has lost the right (403) or would leave no superadmin (409
 * `last_superadmin`).
 */
export async function updateAdmin(
  deps: Pick<Dependencies, 'db' | 'keys' | 'logger'>,
  callerId: string,
  id: string,
  { change, ifMatch }: { change: Change; ifMatch?: string | undefined },
): Promise<Account> {
  return transact(deps.db, async (trx) => {
    const superadmins = await lockActiveSuperadmins(trx);
    if (!superadmins.includes(callerId)) throw forbidden('Only a superadmin may do this');
    const admin = await lockAccount(trx, adminRealm, id);
    if (admin === null) throw notFound('Admin not found');
    requireMatch(ifMatch, accountTag(admin));
    const losesRight = change.is_active === false || change.is_superadmin === false;
    if (losesRight && superadmins.every((superadmin) => superadmin === id)) {
      throw conflict(
        'The last active superadmin cannot be demoted or deactivated',
        'last_superadmin',
        'admin',
      );
    }
    if (Object.keys(change).length === 0) return admin;
    const { event, fields } = describeChange(adminRealm, admin, change);
    const [actor, subject] = [partyOf(adminRealm, callerId), partyOf(adminRealm, id)];
    await recordEvent(deps, trx, { event, actor, subject, details: { fields } });
    const updated = await updateAccount(trx, adminRealm, id, change);
    if (!updated.is_active) await endAccess(trx, adminRealm, id, 'deactivated');
    return updated;
  });
}
