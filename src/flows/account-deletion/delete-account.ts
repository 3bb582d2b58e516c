import type { Credentials } from '../../domain/accounts/account-credentials.ts';
import { requireOwnPassword } from '../../domain/credentials/require-own-password.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { lockProven, requireProof } from '../../domain/factors/require-proof.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import type { Caller } from '../../domain/sessions/session-store.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { badRequest } from '../../platform/errors.ts';
import { deleteLocked } from './delete-locked.ts';

type Deps = Pick<Dependencies, 'db' | 'hasher' | 'jobs' | 'keys' | 'config' | 'logger'> &
  FactorKinds;

/**
 * Mails the link that undoes it. Without a password it takes a recent `reauthenticate`, else 403.
 * Throws 400 for a wrong password, 401 if the session ended.
 */
export async function deleteAccount(
  deps: Deps,
  caller: Caller,
  { password, ...client }: { password: string | undefined; ip: string; signal: AbortSignal },
): Promise<void> {
  await requireProof(deps, userRealm, caller, password === undefined ? 'renewal' : 'request');
  const { id } = caller.account;
  const verified =
    password === undefined
      ? null
      : await requireOwnPassword(deps, userRealm, id, { password, ...client });
  await transact(deps.db, (trx) => apply(deps, trx, caller, verified));
}

async function apply(
  deps: Deps,
  trx: Transaction,
  caller: Caller,
  verified: Credentials | null,
): Promise<void> {
  const user = await lockProven(deps, trx, userRealm, caller);
  const actor = partyOf(userRealm, user.id);
  const as = verified && { passwordVersion: verified.password_version };
  if (!(await deleteLocked(deps, trx, user, { by: 'owner', actor, ...as }))) {
    throw badRequest('The password was changed in the meantime', 'wrong_password');
  }
}
