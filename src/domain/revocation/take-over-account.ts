import type { Database, Transaction } from '../../platform/database/database.ts';
import { findCredentialsById, setPassword } from '../accounts/account-credentials.ts';
import { type Account, lockAccount, updateAccount } from '../accounts/account-store.ts';
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
 * sessions, links, second factors, passkeys, recovery codes and identities of before are void. Null
 * where there is nothing to take over: no such active account, a verified address, or an unverified
 * one whose holder can fall back to a verified one.
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
  if (!account?.is_active || !(await isOpenToTakeOver(trx, account))) return null;
  const isUnused = await hasNeverBeenUsed(trx, realm, account);
  const subject = partyOf(realm, account.id);
  await setPassword(trx, realm, account.id, null);
  await removeAll(deps, trx, subject);
  if (realm.kind === 'user') await deleteIdentitiesOf(trx, account.id);
  await endAccess(trx, realm, account.id, 'taken_over');
  const taken = await updateAccount(trx, realm, account.id, { is_email_verified: true });
  const event = isUnused ? 'email_verified' : 'account_taken_over';
  await recordEvent(deps, trx, { event, subject, details: { reason: proof } });
  if (!isUnused) await queueNotice(deps, trx, realm, taken, 'account_taken_over');
  return taken;
}

/** Whether nobody ever verified an address of the account. Admins have none: an admin made them. */
export async function isOpenToTakeOver(
  db: Database | Transaction,
  account: Pick<Account, 'id' | 'is_email_verified'>,
): Promise<boolean> {
  return account.is_email_verified === false && (await findFallback(db, account)) === null;
}

/** Then nothing ends of which the owner should hear. */
async function hasNeverBeenUsed(
  trx: Transaction,
  realm: Realm,
  { id, last_login_at, has_second_factor }: Account,
): Promise<boolean> {
  if (last_login_at !== null || has_second_factor) return false;
  return (await findCredentialsById(trx, realm, id))?.password_hash === null;
}
