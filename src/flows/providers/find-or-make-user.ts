import { findCredentials } from '../../domain/accounts/account-credentials.ts';
import {
  type Account,
  insertAccount,
  lockAccount,
  updateAccount,
} from '../../domain/accounts/account-store.ts';
import { lockUserAndHolder } from '../../domain/accounts/lock-user-and-holder.ts';
import { requireMayRegister } from '../../domain/accounts/registration-policy.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { findIdentity, IdentityTakenError } from '../../domain/identities/identity-store.ts';
import { isSameAddress } from '../../domain/one-time-tokens/fallback-address.ts';
import type { ProvidedIdentity } from '../../domain/providers/provider.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { takeOverAccount } from '../../domain/revocation/take-over-account.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { AppError } from '../../platform/errors.ts';
import { refuseHeldEmail } from '../email-change/change-email.ts';
import { yieldAddress } from '../email-change/yield-address.ts';
import { queueVerification } from '../email-verification/verify-email.ts';
import { keepIdentity, linkIdentity } from './link-identity.ts';
import { newUsername } from './new-username.ts';
import { SignInFailure } from './sign-in-failure.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'> & FactorKinds;
type WithEmail = ProvidedIdentity & { email: string };

/**
 * The id of the user whose identity it is. Of an unknown one the address decides:
 *
 * - Nobody has it: a new user without a password, whose address is verified if it is proven.
 * - A user has verified it: linked if it is proven here, too.
 * - Nobody ever verified it: whoever proves it takes the account over.
 *
 * Throws `SignInFailure` for all else, and as `requireMayRegister` does.
 */
export async function findOrMakeUser(deps: Deps, identity: ProvidedIdentity): Promise<string> {
  const known = await findIdentity(deps.db, identity);
  if (known !== null) return known.user_id;
  const { email } = identity;
  if (email === null) throw new SignInFailure('no_email');
  try {
    return await transact(deps.db, (trx) => decide(deps, trx, { ...identity, email }));
  } catch (error) {
    if (!isTaken(error)) throw error;
    // Two answers at once, or a deleted account that keeps its address.
    const other = await findIdentity(deps.db, identity);
    if (other !== null) return other.user_id;
    throw new SignInFailure('account_exists');
  }
}

function isTaken(error: unknown): boolean {
  if (error instanceof IdentityTakenError) return true;
  return error instanceof AppError && error.name === 'DuplicateRecordError';
}

async function decide(deps: Deps, trx: Transaction, identity: WithEmail): Promise<string> {
  const holder = await lockHolder(trx, identity.email);
  if (holder === null) return makeUser(deps, trx, identity);
  const subject = partyOf(userRealm, holder.id);
  if (!identity.provesEmail) throw new SignInFailure('account_exists', subject);
  if (!holder.is_active) throw new SignInFailure('not_active', subject);
  if (holder.is_email_verified) {
    await linkIdentity(deps, trx, holder, identity);
    return holder.id;
  }
  // Who can fall back to a verified address gives this one up; then nobody has it.
  await yieldAddress(deps, trx, holder);
  const taken = await takeOverAccount(deps, trx, userRealm, holder.id, { proof: 'fed' });
  if (taken === null || !isSameAddress(taken.email, identity.email))
    return makeUser(deps, trx, identity);
  await keepIdentity(deps, trx, taken.id, identity);
  return taken.id;
}

/** Whoever has the address, verified or not. */
async function lockHolder(trx: Transaction, email: string): Promise<Account | null> {
  const { holder } = await lockUserAndHolder(trx, { email });
  if (holder !== null) return holder;
  const found = await findCredentials(trx, userRealm, email);
  const locked = found && (await lockAccount(trx, userRealm, found.id));
  return locked && isSameAddress(locked.email, email) ? locked : null;
}

async function makeUser(deps: Deps, trx: Transaction, identity: WithEmail): Promise<string> {
  const { email, fullName: full_name, provesEmail } = identity;
  requireMayRegister(deps.config, email);
  const username = await newUsername(trx, deps.config, identity);
  const made = await insertAccount(trx, userRealm, { email, username, full_name, password: null });
  await refuseHeldEmail(trx, made);
  const subject = partyOf(userRealm, made.id);
  await recordEvent(deps, trx, { event: 'account_registered', subject });
  await keepIdentity(deps, trx, made.id, identity);
  if (provesEmail) await updateAccount(trx, userRealm, made.id, { is_email_verified: true });
  else await queueVerification(deps, trx, made);
  return made.id;
}
