import { replacePassword } from '../../domain/accounts/account-credentials.ts';
import { lockAccount, updateAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import { hashNewPassword } from '../../domain/credentials/hash-new-password.ts';
import { refuseGuessable } from '../../domain/credentials/password-policy.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { removeAll } from '../../domain/factors/factors.ts';
import { deleteIdentitiesOf } from '../../domain/identities/identity-store.ts';
import { provenAddress } from '../../domain/one-time-tokens/fallback-address.ts';
import { LinkNotGoodError } from '../../domain/one-time-tokens/link-not-good.ts';
import { type Link, useLink } from '../../domain/one-time-tokens/link-store.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import { isOpenToTakeOver } from '../../domain/revocation/take-over-account.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import { requireResetLink, withResetLink } from './reset-link.ts';

type Deps = Pick<
  Dependencies,
  'db' | 'hasher' | 'breachedPasswords' | 'keys' | 'jobs' | 'config' | 'logger'
> &
  FactorKinds;

type Request = { token: string; newPassword: string; ip: string; signal: AbortSignal };

/**
 * Sets the password of the owner of the link. One transaction uses up the link, sets the password,
 * verifies the address it was mailed to, ends all sessions and all other links except undo links,
 * and queues the notice. Second factors stay, but those of an account whose address was never
 * verified: somebody else may have made it. Throws the same 400 for every invalid token.
 */
export async function resetPassword(deps: Deps, request: Request): Promise<void> {
  await withResetLink(deps, () => reset(deps, request));
}

async function reset(deps: Deps, request: Request): Promise<void> {
  // Before the hash: a made-up token must not cost one.
  const { link, user } = await requireResetLink(deps.db, request.token);
  const { projectName } = deps.config;
  // Checked against the address that the account will have afterwards.
  refuseGuessable(request.newPassword, 'new_password', { ...user, email: link.email, projectName });
  const password = await hashNewPassword(deps, {
    ...request,
    password: request.newPassword,
    field: 'new_password',
  });
  await transact(deps.db, (trx) => apply(deps, trx, link, password));
}

async function apply(
  deps: Deps,
  trx: Transaction,
  link: Link,
  password: StoredPassword,
): Promise<void> {
  const user = await lockAccount(trx, userRealm, link.subject_id);
  const proven = user && (await provenAddress(trx, user, link));
  if (!proven || !(await useLink(trx, link))) throw new LinkNotGoodError();
  const asIssued = { id: link.subject_id, password_version: link.password_version };
  if (!(await replacePassword(trx, userRealm, asIssued, password, 'new password')))
    throw new LinkNotGoodError();
  const subject = partyOf(userRealm, user.id);
  // Whoever made the account for an address that nobody had verified has it no longer.
  if (await isOpenToTakeOver(trx, user)) {
    await removeAll(deps, trx, subject);
    await deleteIdentitiesOf(trx, user.id);
  }
  await updateAccount(trx, userRealm, user.id, { email: proven, is_email_verified: true });
  await endAccess(trx, userRealm, user.id, 'password_reset');
  await recordEvent(deps, trx, { event: 'password_reset', subject });
  if (proven !== user.email) {
    const details = { reason: 'password_reset' };
    await recordEvent(deps, trx, { event: 'email_reverted', subject, details });
  }
  await queueNotice(deps, trx, userRealm, { id: user.id, email: proven }, 'password_changed');
}
