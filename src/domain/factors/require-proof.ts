import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { reauthenticationRequired, unauthenticated } from '../../platform/errors.ts';
import { findCredentialsById } from '../accounts/account-credentials.ts';
import { type Account, lockAccount } from '../accounts/account-store.ts';
import { hasPasswords } from '../credentials/password-sign-in.ts';
import type { Dependencies } from '../dependencies.ts';
import { partyOf, type Realm } from '../realms/realms.ts';
import { type Caller, lockLiveSession } from '../sessions/session-store.ts';
import type { FactorKinds } from './factor-kind.ts';
import { offeredMembers } from './factors.ts';

const proofLifeSeconds = durations.minutes(15);

/**
 * Where the proof is, at level 2 wherever a second factor is in force.
 *
 * - `session`: shown in the session in the last 15 minutes, at its sign-in or to `reauthenticate`;
 *   the second factor where one is in force.
 * - `renewal`: shown to `reauthenticate`, and not a factor that was added after the sign-in. Without
 *   this, a thief of a session could add one and then move the account to another address.
 * - `request`: in the request, which carries the password.
 */
export type WhereProof = 'session' | 'renewal' | 'request';

type Deps = Pick<Dependencies, 'db' | 'config'> & FactorKinds;

/**
 * Throws 403 `reauthentication_required`, with what the account can prove itself with, unless the
 * caller has proven to be the owner.
 */
export async function requireProof(
  deps: Deps,
  realm: Realm,
  caller: Caller,
  where: WhereProof,
): Promise<void> {
  if (hasLevel(caller, caller.account) && isProven(caller, where)) return;
  const takesPassword = where === 'renewal' && hasLevel(caller, caller.account);
  const methods = await methodsFor(deps, realm, caller.account, { takesPassword });
  // Without anything to renew it with, a recent sign-in is all the proof there is.
  if (methods.length === 0 && where === 'renewal' && isProven(caller, 'session')) return;
  throw reauthenticationRequired(methods);
}

function isProven({ account, proof }: Caller, where: WhereProof): boolean {
  if (where === 'request') return true;
  if (where === 'renewal') return isRecent(proof.renewalAgeSeconds);
  return isRecent(account.has_second_factor ? proof.factorAgeSeconds : proof.ageSeconds);
}

// Negative after the clock was set back: then nobody knows how old it is.
function isRecent(seconds: number | null): boolean {
  return seconds !== null && seconds >= 0 && seconds <= proofLifeSeconds;
}

function hasLevel({ proof }: Caller, { has_second_factor }: Account): boolean {
  return proof.level === 2 || !has_second_factor;
}

/** Where a factor is in force, the password is listed only if it is enough for what is asked. */
async function methodsFor(
  deps: Deps,
  realm: Realm,
  { id, has_second_factor }: Account,
  { takesPassword }: { takesPassword: boolean },
): Promise<string[]> {
  const factors = has_second_factor ? await offeredMembers(deps, deps.db, partyOf(realm, id)) : [];
  if ((has_second_factor && !takesPassword) || !hasPasswords(deps.config, realm)) return factors;
  const credentials = await findCredentialsById(deps.db, realm, id);
  return credentials?.password_hash ? ['password', ...factors] : factors;
}

/** For a caller whose session must show the second factor first. */
export async function secondFactorMissing(deps: Deps, realm: Realm, account: Account) {
  return reauthenticationRequired(await methodsFor(deps, realm, account, { takesPassword: false }));
}

/**
 * Locks the account of a caller who has passed `requireProof`, and checks again what may have ended
 * since: the account, the session, and that its level is enough for the factors of now.
 */
export async function lockProven(
  deps: Pick<Dependencies, 'config'> & FactorKinds,
  trx: Transaction,
  realm: Realm,
  caller: Caller,
): Promise<Account> {
  const account = await lockAccount(trx, realm, caller.account.id);
  if (!account?.is_active || !(await lockLiveSession(trx, realm, caller.sessionId)))
    throw unauthenticated();
  if (hasLevel(caller, account)) return account;
  throw await secondFactorMissing({ ...deps, db: trx }, realm, account);
}
