import { randomBytes } from 'node:crypto';
import {
  type Credentials,
  findCredentialsById,
  setPassword,
} from '../../domain/accounts/account-credentials.ts';
import { updateAccount } from '../../domain/accounts/account-store.ts';
import { lockAnyUser } from '../../domain/accounts/deleted-accounts.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { deleteIdentitiesOf } from '../../domain/identities/identity-store.ts';
import { LinkNotGoodError } from '../../domain/one-time-tokens/link-not-good.ts';
import { findOpenLink, type Link, useLink } from '../../domain/one-time-tokens/link-store.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import { restoreDeleted } from '../../domain/revocation/restore-deleted.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import { queueSignInLink } from '../email-sign-in/queue-sign-in-link.ts';
import { queueResetLink } from '../password-reset/request-password-reset.ts';

type Deps = Pick<Dependencies, 'db' | 'hasher' | 'keys' | 'jobs' | 'config' | 'logger'>;
type Request = { token: string; ip: string; signal: AbortSignal };

/**
 * Restores the address that the link was mailed to, ends all sessions, voids the password and mails
 * a reset link, or one to sign in where users have no passwords. A deactivated account stays deactivated, one that an admin deleted stays deleted;
 * one that was deleted from within is restored, because that may have been the thief. Throws
 * `LinkNotGoodError`.
 */
export async function undoEmailChange(deps: Deps, request: Request): Promise<void> {
  const link = await findOpenLink(deps.db, 'email_change_undo', request.token);
  if (link === null) throw new LinkNotGoodError();
  // A real hash of a random value: a sign-in against the void password takes the usual time.
  const unknowable = randomBytes(32).toString('base64url');
  const password = await deps.hasher.hash(unknowable, request.ip, request.signal);
  await transact(deps.db, (trx) => apply(deps, trx, link, password));
}

async function apply(
  deps: Deps,
  trx: Transaction,
  link: Link,
  password: StoredPassword,
): Promise<void> {
  const user = await lockAnyUser(trx, link.subject_id);
  if (user === null || !(await useLink(trx, link))) throw new LinkNotGoodError();
  await updateAccount(trx, userRealm, user.id, { email: link.email, is_email_verified: true });
  await setPassword(trx, userRealm, user.id, password);
  // Who changed the address may have linked an identity before, to come back with.
  await deleteIdentitiesOf(trx, user.id);
  await endAccess(trx, userRealm, user.id, 'email_change_undone', { since: link.created_at });
  await recordEvent(deps, trx, {
    event: 'email_change_undone',
    subject: partyOf(userRealm, user.id),
  });
  if (user.deleted_by === 'owner')
    await restoreDeleted(deps, trx, user, { reason: 'email_change_undone' });
  const credentials = await findCredentialsById(trx, userRealm, user.id);
  if (credentials?.is_active) await queueWayBack(deps, trx, credentials);
}

async function queueWayBack(deps: Deps, trx: Transaction, user: Credentials): Promise<void> {
  const how = { isEarned: true };
  if (deps.config.passwordSignIn) await queueResetLink(deps, trx, user, how);
  else if (deps.config.emailSignIn) await queueSignInLink(deps, trx, user, how);
}
