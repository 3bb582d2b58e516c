import type { Account } from '../../domain/accounts/account-store.ts';
import { markDeleted } from '../../domain/accounts/deleted-accounts.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { findNewestUndoLink } from '../../domain/one-time-tokens/undo-links.ts';
import { noticeLifeSeconds, queueLinkMail, queueMail } from '../../domain/outbox/queue-mail.ts';
import { type Party, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { fallBack } from '../email-change/yield-address.ts';

type Deps = Pick<Dependencies, 'jobs' | 'keys' | 'config' | 'logger'>;
type How = { by: 'owner' | 'admin'; actor: Party; passwordVersion?: number };

/**
 * Deletes a user whose row the caller has locked. Only the owner's own deletion gets a link to undo
 * it; an admin's takes an earlier one away. False if the password is no longer the verified one:
 * the transaction must then roll back.
 *
 * The account falls back to its last verified address first, so that whoever moved it to an own
 * mailbox cannot be the one who restores it. It is not erased while a link may still bring an
 * address back.
 */
export async function deleteLocked(
  deps: Deps,
  trx: Transaction,
  user: Account,
  { by, actor, passwordVersion }: How,
): Promise<boolean> {
  const subject = partyOf(userRealm, user.id);
  const kept = await fallBack(deps, trx, user, { reason: 'account_deleted', actor });
  const heldUntil = (await findNewestUndoLink(trx, user.id))?.expires_at;
  const lifeSeconds = await markDeleted(trx, user.id, {
    by,
    // Nobody has had the account of an invitation: there is nothing to restore.
    graceSeconds: user.invited_at ? 0 : durations.days(deps.config.deletedUserGraceDays),
    notBefore: heldUntil,
    ...(passwordVersion !== undefined && { passwordVersion }),
  });
  if (lifeSeconds === null) return false;
  await endAccess(trx, userRealm, user.id, by === 'owner' ? 'deleted' : 'deleted_by_admin');
  await recordEvent(deps, trx, { event: 'user_deleted', actor, subject });
  const owner = kept ?? user;
  if (by === 'owner') await queueUndoLink(deps, trx, owner, lifeSeconds);
  const isTold = by === 'admin' && !user.invited_at;
  const told = [isTold ? owner.email : null, kept === null ? null : user.email];
  for (const recipient of told)
    if (recipient !== null) await queuePlainNotice(deps, trx, subject, recipient);
  return true;
}

/** Exempt from the mail limit: without this mail the owner has lost the account. */
async function queueUndoLink(deps: Deps, trx: Transaction, owner: Account, lifeSeconds: number) {
  const kind = 'account_deleted';
  const purpose = 'account_deletion_undo';
  await queueLinkMail(deps, trx, owner, { kind, purpose, lifeSeconds, isEarned: true });
}

async function queuePlainNotice(deps: Deps, trx: Transaction, subject: Party, recipient: string) {
  const notice = { linkId: null, device: null, ip: null, lifeSeconds: noticeLifeSeconds };
  await queueMail(deps, trx, { kind: 'account_deleted', subject, recipient, ...notice });
}
