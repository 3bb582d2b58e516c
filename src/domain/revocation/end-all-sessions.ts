import { transact } from '../../platform/database/database.ts';
import { lockAccount } from '../accounts/account-store.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { SecurityEventName } from '../audit/security-events.ts';
import type { Dependencies } from '../dependencies.ts';
import { type Party, partyOf, type Realm } from '../realms/realms.ts';
import { endAccess } from './end-access.ts';

type How = { change: 'logout_all' | 'admin_revoked'; event: SecurityEventName; actor: Party };

/**
 * Ends all sessions of an account, and what else ends with them; false where there is no such
 * account.
 */
export async function endAllSessions(
  deps: Pick<Dependencies, 'db' | 'keys' | 'logger'>,
  realm: Realm,
  accountId: string,
  { change, event, actor }: How,
): Promise<boolean> {
  return transact(deps.db, async (trx) => {
    if ((await lockAccount(trx, realm, accountId)) === null) return false;
    await endAccess(trx, realm, accountId, change);
    await recordEvent(deps, trx, { event, actor, subject: partyOf(realm, accountId) });
    return true;
  });
}
