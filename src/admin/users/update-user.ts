import { changesEmail, changesUsername } from '../../domain/accounts/account-change.ts';
import {
  type Account,
  type AccountChange,
  updateAccount,
} from '../../domain/accounts/account-store.ts';
import { accountTag } from '../../domain/accounts/account-version.ts';
import { lockUserAndHolder } from '../../domain/accounts/lock-user-and-holder.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { adminRealm, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import { changeEmail } from '../../flows/email-change/change-email.ts';
import { transact } from '../../platform/database/database.ts';
import { forbidden } from '../../platform/errors.ts';
import { requireMatch } from '../../platform/http/preconditions.ts';
import type { ActingAdmin } from '../acting-admin.ts';
import { describeChange } from '../describe-change.ts';

/**
 * Applies an admin's change; null if there is no such user. Throws 409 for a taken name, 412 for
 * another version, and 403 if a plain admin would change `is_superuser` or the name of a superuser:
 * whoever receives the reset link gains the right.
 */
export async function updateUser(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'>,
  caller: ActingAdmin,
  id: string,
  { change, ifMatch }: { change: AccountChange; ifMatch?: string | undefined },
): Promise<Account | null> {
  if (change.is_superuser !== undefined && !caller.account.is_superadmin) {
    throw forbidden('Only a superadmin may change is_superuser');
  }
  return transact(deps.db, async (trx) => {
    const { user, holder } = await lockUserAndHolder(trx, { id, email: change.email });
    if (user === null) return null;
    const isNamed = changesEmail(user, change) || changesUsername(user, change);
    if (isNamed && user.is_superuser && !caller.account.is_superadmin) {
      throw forbidden('Only a superadmin may change the username or e-mail address of a superuser');
    }
    requireMatch(ifMatch, accountTag(user));
    if (Object.keys(change).length === 0) return user;
    const actor = partyOf(adminRealm, caller.account.id);
    const { event, fields } = describeChange(userRealm, user, change);
    const subject = partyOf(userRealm, id);
    await recordEvent(deps, trx, { event, actor, subject, details: { fields } });
    const isPromoted = change.is_superuser === true && !user.is_superuser;
    if (isPromoted) await endAccess(trx, userRealm, id, 'promoted');
    const updated = changesEmail(user, change)
      ? await changeEmail(deps, trx, userRealm, user, change, {
          actor,
          holder,
          undoable: !isPromoted,
        })
      : await updateAccount(trx, userRealm, id, change);
    if (!updated.is_active) await endAccess(trx, userRealm, id, 'deactivated');
    return updated;
  });
}
