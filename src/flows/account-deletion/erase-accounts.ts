import type { Assembly } from '../../access/route-dependencies.ts';
import { listDueForErasure, lockDueForErasure } from '../../domain/accounts/deleted-accounts.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { erasePersonalData } from '../../domain/personal-data/erase-personal-data.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { transact } from '../../platform/database/database.ts';

type Deps = Dependencies & Assembly;

const accountsAtOnce = 100;

/**
 * Erases the accounts whose time to be restored is over, one per transaction. Every process runs
 * it: what one has locked the others skip, and a killed one leaves the account as it was to the
 * next run. An account that cannot be erased does not hold up the others.
 */
export async function eraseDueAccounts(deps: Deps): Promise<void> {
  const failures: unknown[] = [];
  for (const id of await listDueForErasure(deps.db, accountsAtOnce))
    await eraseAccount(deps, id).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function eraseAccount(deps: Deps, id: string): Promise<void> {
  await transact(deps.db, async (trx) => {
    const user = await lockDueForErasure(trx, id);
    if (user === null) return;
    const { username, email } = user;
    const subject = partyOf(userRealm, id);
    await erasePersonalData(deps, trx, { ...subject, username, email });
    await recordEvent(deps, trx, { event: 'user_erased', subject, actor: null });
  });
}
