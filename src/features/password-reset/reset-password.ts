import type { Dependencies } from '../../dependencies.ts';
import { badRequest } from '../../errors.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { foldCase } from '../../platform/fold-case.ts';
import type { StoredPassword } from '../../platform/password-hashing/password-schemes.ts';
import { findAccount, lockAccount, replacePassword, updateAccount } from '../accounts/account-store.ts';
import { partyOf, userRealm } from '../accounts/realms.ts';
import { recordEvent } from '../audit-log/record-event.ts';
import { LinkNotGoodError, withGoodLink } from '../links/link-not-good.ts';
import { endLinks, findOpenLink, type Link, useLink } from '../links/link-store.ts';
import { queueNotice } from '../mail/queue-mail.ts';
import { refuseGuessable } from '../passwords/password-policy.ts';
import { revokeSessionsOf } from '../sessions/session-store.ts';

type Deps = Pick<Dependencies, 'db' | 'hasher' | 'keys' | 'jobs' | 'config' | 'logger'>;

type Request = { token: string; newPassword: string; ip: string; signal: AbortSignal };

/**
 * Sets the password of whoever the link belongs to. One transaction burns the link, sets the password, verifies the
 * address, ends all sessions and other links, and queues the notice. One error for every token that is not good.
 */
export async function resetPassword(deps: Deps, request: Request): Promise<void> {
  const refusal = () => badRequest('The reset link is not valid or no longer valid', 'invalid_reset_token');
  await withGoodLink(deps, { event: 'password_reset', refusal }, () => reset(deps, request));
}

async function reset(deps: Deps, request: Request): Promise<void> {
  // Before the hash: a made-up token must not cost one.
  const link = await findOpenLink(deps.db, 'password_reset', request.token);
  const user = link && (await findAccount(deps.db, userRealm, link.subject_id));
  if (link === null || !user?.is_active) throw new LinkNotGoodError();
  refuseGuessable(request.newPassword, 'new_password', { ...user, projectName: deps.config.projectName });
  const password = await deps.hasher.hash(request.newPassword, request.ip, request.signal);
  await transact(deps.db, (trx) => apply(deps, trx, link, password));
}

async function apply(deps: Deps, trx: Transaction, link: Link, password: StoredPassword): Promise<void> {
  const user = await lockAccount(trx, userRealm, link.subject_id);
  // Who asked for the link while the address was changed may have got it at the one before.
  const isTheirs = user !== null && foldCase(user.email) === foldCase(link.email);
  if (!isTheirs || !(await useLink(trx, link))) throw new LinkNotGoodError();
  const asIssued = { id: link.subject_id, password_version: link.password_version };
  if (!(await replacePassword(trx, userRealm, asIssued, password, 'new password')))
    throw new LinkNotGoodError();
  await updateAccount(trx, userRealm, user.id, { is_email_verified: true });
  await revokeSessionsOf(trx, userRealm, user.id, 'password_reset');
  // Undo links as well: who is at this address has shown so, and an earlier owner's link must not take the account back.
  const purposes = ['password_reset', 'email_verification', 'email_change_undo'] as const;
  await endLinks(trx, user.id, { purposes }, 'password_reset');
  await recordEvent(deps, trx, { event: 'password_reset', subject: partyOf(userRealm, user.id) });
  await queueNotice(deps, trx, userRealm, user, 'password_changed');
}
