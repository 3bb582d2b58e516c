import { type Credentials, replacePassword } from '../../domain/accounts/account-credentials.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import { hashNewPassword } from '../../domain/credentials/hash-new-password.ts';
import { refuseGuessable } from '../../domain/credentials/password-policy.ts';
import { requirePasswords } from '../../domain/credentials/password-sign-in.ts';
import { requireOwnPassword } from '../../domain/credentials/require-own-password.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { requireProof } from '../../domain/factors/require-proof.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import { type Caller, lockLiveSession } from '../../domain/sessions/session-store.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { badRequest, unauthenticated } from '../../platform/errors.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';

type Deps = Pick<
  Dependencies,
  'db' | 'hasher' | 'breachedPasswords' | 'jobs' | 'keys' | 'config' | 'logger'
> &
  FactorKinds;
type Request = { currentPassword: string; newPassword: string; ip: string; signal: AbortSignal };

/** Password, ended sessions and links, notice: atomic. Throws 400 if wrong or unchanged. */
export async function changePassword(
  deps: Deps,
  realm: Realm,
  caller: Caller,
  request: Request,
): Promise<void> {
  requirePasswords(deps.config, realm);
  await requireProof(deps, realm, caller, 'request');
  const { username, email, id } = caller.account;
  const { projectName } = deps.config;
  refuseGuessable(request.newPassword, 'new_password', { username, email, projectName });
  const typed = { password: request.currentPassword, ip: request.ip, signal: request.signal };
  const credentials = await requireOwnPassword(deps, realm, id, typed);
  if (request.newPassword === request.currentPassword) {
    throw badRequest('The new password must differ from the current one', 'password_unchanged');
  }
  const password = await hashNewPassword(deps, {
    ...request,
    password: request.newPassword,
    field: 'new_password',
  });
  await transact(deps.db, (trx) => apply(deps, trx, realm, caller, credentials, password));
}

async function apply(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  caller: Caller,
  verified: Credentials,
  password: StoredPassword,
): Promise<void> {
  if (!(await replacePassword(trx, realm, verified, password, 'new password'))) {
    if (!(await lockLiveSession(trx, realm, caller.sessionId))) throw unauthenticated();
    throw badRequest('The password was changed in the meantime', 'wrong_password');
  }
  if (!(await lockLiveSession(trx, realm, caller.sessionId))) throw unauthenticated();
  const { sessionId: keepSessionId } = caller;
  await endAccess(trx, realm, verified.id, 'password_changed', { keepSessionId });
  const subject = partyOf(realm, verified.id);
  await recordEvent(deps, trx, { event: 'password_changed', subject });
  await queueNotice(deps, trx, realm, verified, 'password_changed');
}
