import { type Credentials, lockAccount } from '../../domain/accounts/account-store.ts';
import { requireOwnPassword } from '../../domain/credentials/require-own-password.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { type Caller, lockLiveSession } from '../../domain/sessions/session-store.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { badRequest, unauthenticated } from '../../platform/errors.ts';
import { deleteLocked } from './delete-locked.ts';

type Deps = Pick<Dependencies, 'db' | 'hasher' | 'jobs' | 'keys' | 'config' | 'logger'>;

/** Mails the link that undoes it. Throws 400 for a wrong password, 401 if the session ended. */
export async function deleteAccount(
  deps: Deps,
  caller: Caller,
  typed: { password: string; ip: string; signal: AbortSignal },
): Promise<void> {
  const verified = await requireOwnPassword(deps, userRealm, caller.account.id, typed);
  await transact(deps.db, (trx) => apply(deps, trx, caller, verified));
}

async function apply(
  deps: Deps,
  trx: Transaction,
  caller: Caller,
  verified: Credentials,
): Promise<void> {
  const user = await lockAccount(trx, userRealm, verified.id);
  if (!user?.is_active || !(await lockLiveSession(trx, userRealm, caller.sessionId)))
    throw unauthenticated();
  const actor = partyOf(userRealm, user.id);
  const { password_version: passwordVersion } = verified;
  if (!(await deleteLocked(deps, trx, user, { by: 'owner', actor, passwordVersion }))) {
    throw badRequest('The password was changed in the meantime', 'wrong_password');
  }
}
