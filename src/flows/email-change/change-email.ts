import { type Account, type AccountChange, updateAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { findReserver, findUndoLinkTo } from '../../domain/one-time-tokens/undo-links.ts';
import { queueLinkMail, queueNotice } from '../../domain/outbox/queue-mail.ts';
import { adminRealm, type Party, partyOf, type Realm, userRealm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { duplicate } from '../../platform/errors.ts';
import { queueVerification } from '../email-verification/verify-email.ts';
import { yieldAddress } from './fall-back.ts';

type Deps = Pick<Dependencies, 'jobs' | 'keys' | 'logger'>;
type Change = AccountChange & { email: string };
type How = {
  actor: Party;
  keepSessionId?: string;
  /** Who has the new address unverified, locked. */
  holder?: Account | null;
  /** False where no link may lead back to before this change. */
  undoable?: boolean;
};

const undoSeconds = durations.days(7);

/**
 * Applies a change that contains a new e-mail address; call it where the rows of the account and of the address's
 * holder are locked. All other sessions and the links mailed to the old address end, and that address is told. Throws
 * 409 where the address is taken, or held for somebody who may still undo a change away from it.
 */
export async function changeEmail(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  account: Account,
  change: Change,
  how: How,
): Promise<Account> {
  const subject = partyOf(realm, account.id);
  await recordEvent(deps, trx, { event: 'email_changed', actor: how.actor, subject });
  await endAccess(trx, realm, account.id, 'email_changed', { keepSessionId: how.keepSessionId });
  if (realm.kind === 'user') return changeUserEmail(deps, trx, account, change, how);
  const updated = await updateAccount(trx, adminRealm, account.id, change);
  await queueNotice(deps, trx, adminRealm, account, 'email_changed');
  return updated;
}

/**
 * A verified address that is left gets a link back. A change to where an open link leads is itself the undoing: it ends
 * that link and the later ones, makes none, and the address is verified again as it was. Unverified, it would have no
 * link when it is left the next time, and a thief who goes to and fro would leave the owner none.
 */
async function changeUserEmail(
  deps: Deps,
  trx: Transaction,
  user: Account,
  change: Change,
  { holder = null, undoable = true }: How,
): Promise<Account> {
  await yieldAddress(deps, trx, holder);
  const back = await findUndoLinkTo(trx, user.id, change.email);
  const state = { ...change, is_email_verified: back !== null };
  const updated = await updateAccount(trx, userRealm, user.id, state);
  await refuseHeldEmail(trx, updated);
  if (back) await endAccess(trx, userRealm, user.id, 'email_changed_back', { since: back.created_at });
  else await queueVerification(deps, trx, updated);
  if (back || !user.is_email_verified || !undoable)
    await queueNotice(deps, trx, userRealm, user, 'email_changed');
  else await queueUndoLink(deps, trx, user);
  return updated;
}

/** Whatever else was mailed to the address of late: without this mail its owner has lost the account. */
async function queueUndoLink(deps: Deps, trx: Transaction, user: Account): Promise<void> {
  const how = {
    kind: 'email_changed',
    purpose: 'email_change_undo',
    lifeSeconds: undoSeconds,
    isEarned: true,
  } as const;
  await queueLinkMail(deps, trx, user, how);
}

/**
 * Throws 409 where somebody may still undo a change away from this address. Call it after the row was written: who
 * changed away from it at the same moment has committed by then, and the link is seen.
 */
export async function refuseHeldEmail(trx: Transaction, { id, email }: Account): Promise<void> {
  if ((await findReserver(trx, email, id)) !== null) throw duplicate('email', 'user');
}
