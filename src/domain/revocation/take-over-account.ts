import type { Transaction } from '../../platform/database/database.ts';
import {
  type Account,
  lockAccount,
  setPassword,
  updateAccount,
} from '../accounts/account-store.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import type { FactorKinds } from '../factors/factor-kind.ts';
import { removeAll } from '../factors/factors.ts';
import { deleteIdentitiesOf } from '../identities/identity-store.ts';
import { findFallback } from '../one-time-tokens/fallback-address.ts';
import { queueNotice } from '../outbox/queue-mail.ts';
import { partyOf, type Realm } from '../realms/realms.ts';
import type { ProofMethod } from '../sessions/proof.ts';
import { endAccess } from './end-access.ts';

type Deps = Pick<Dependencies, 'jobs' | 'keys' | 'logger'> & FactorKinds;

/**
 * Gives an account whose address was never verified to whoever has just proved to own the address,
 * as `proof` says. Somebody else may have made it and be waiting (pre-hijacking): password,
 * sessions, links, second factors, passkeys, recovery codes and identities of before are void. Null where there
 * is nothing to take over: no such active account, a verified address, or an unverified one whose
 * holder can fall back to a verified one.
 *
 * Call it in the transaction that uses up the proof, and make what comes of it (a session, an
 * identity) afterwards. The password version of before is of no use any more.
 */
export async function takeOverAccount(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  accountId: string,
  { proof }: { proof: Extract<ProofMethod, 'email' | 'fed'> },
): Promise<Account | null> {
  const account = await lockAccount(trx, realm, accountId);
  // Admins have no unverified address: an admin made the account.
  if (!account?.is_active || account.is_email_verified !== false) return null;
  if ((await findFallback(trx, account)) !== null) return null;
  const subject = partyOf(realm, account.id);
  await setPassword(trx, realm, account.id, null);
  await removeAll(deps, trx, subject);
  if (realm.kind === 'user') await deleteIdentitiesOf(trx, account.id);
  await endAccess(trx, realm, account.id, 'taken_over');
  const taken = await updateAccount(trx, realm, account.id, { is_email_verified: true });
  const details = { reason: proof };
  await recordEvent(deps, trx, { event: 'account_taken_over', subject, details });
  await queueNotice(deps, trx, realm, taken, 'account_taken_over');
  return taken;
}
