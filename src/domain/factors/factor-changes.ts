import { type Transaction, transact } from '../../platform/database/database.ts';
import { type Account, findAccount } from '../accounts/account-store.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { queueNotice } from '../outbox/queue-mail.ts';
import { type Party, partyOf, type Realm, realmOf } from '../realms/realms.ts';
import type { FactorKindName, FactorKinds } from './factor-kind.ts';
import { settleFactors } from './factors.ts';
import {
  burnRecoveryCode,
  countRecoveryCodes,
  replaceRecoveryCodes,
} from './recovery-code-store.ts';

type Deps = Pick<Dependencies, 'jobs' | 'keys' | 'logger'>;
type Owner = Pick<Account, 'id' | 'email'>;

/** Call it after a factor was put in force, in the same transaction: records it, and tells. */
export async function factorAdded(
  deps: Deps & FactorKinds,
  trx: Transaction,
  realm: Realm,
  owner: Owner,
  kind: FactorKindName,
): Promise<void> {
  const subject = partyOf(realm, owner.id);
  await settleFactors(deps, trx, subject);
  await recordEvent(deps, trx, { event: 'second_factor_added', subject, details: { kind } });
  await queueNotice(deps, trx, realm, owner, 'second_factor_added');
}

/** Ten new codes, which are shown this once; the old ones are dead. */
export async function makeRecoveryCodes(
  deps: Deps,
  trx: Transaction,
  owner: Party,
): Promise<string[]> {
  const codes = await replaceRecoveryCodes(trx, owner);
  await recordEvent(deps, trx, { event: 'recovery_codes_replaced', subject: owner });
  return codes;
}

// The use of the last two is told.
const fewCodes = 1;

/** Burns a recovery code; gives when it was made. */
export function useRecoveryCode(
  deps: Deps & Pick<Dependencies, 'db'>,
  owner: Party,
  code: string,
): Promise<Date | 'spent' | 'wrong'> {
  return transact(deps.db, async (trx) => {
    const since = await burnRecoveryCode(trx, owner, code);
    if (!(since instanceof Date)) return since;
    await recordEvent(deps, trx, { event: 'recovery_code_used', subject: owner });
    if ((await countRecoveryCodes(trx, owner)) > fewCodes) return since;
    const realm = realmOf(owner);
    const account = await findAccount(trx, realm, owner.id);
    if (account) await queueNotice(deps, trx, realm, account, 'recovery_codes_low');
    return since;
  });
}
