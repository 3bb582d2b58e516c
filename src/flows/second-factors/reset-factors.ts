import { lockAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { removeAll } from '../../domain/factors/factors.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { type Party, partyOf, type Realm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import { transact } from '../../platform/database/database.ts';

/**
 * For somebody who has lost them all: removes every factor of an account, ends its sessions, and
 * tells the owner. False if there is no such account.
 */
export function resetFactors(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'> & FactorKinds,
  realm: Realm,
  accountId: string,
  actor: Party,
): Promise<boolean> {
  return transact(deps.db, async (trx) => {
    const account = await lockAccount(trx, realm, accountId);
    if (account === null) return false;
    const subject = partyOf(realm, account.id);
    await removeAll(deps, trx, subject);
    await endAccess(trx, realm, account.id, 'factors_reset');
    await recordEvent(deps, trx, { event: 'second_factors_reset', actor, subject });
    await queueNotice(deps, trx, realm, account, 'second_factors_reset');
    return true;
  });
}
