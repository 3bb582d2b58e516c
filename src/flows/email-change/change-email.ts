import { findCredentialsById } from '../../domain/accounts/account-credentials.ts';
import {
  type Account,
  type AccountChange,
  updateAccount,
} from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { findFallback } from '../../domain/one-time-tokens/fallback-address.ts';
import { findReserver, findUndoLinkTo } from '../../domain/one-time-tokens/undo-links.ts';
import { queueLinkMail, queueNotice } from '../../domain/outbox/queue-mail.ts';
import {
  adminRealm,
  type Party,
  partyOf,
  type Realm,
  userRealm,
} from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { duplicate } from '../../platform/errors.ts';
import { queueVerification } from '../email-verification/verify-email.ts';
import { queueFirstLink } from '../invitations/queue-first-link.ts';
import { yieldAddress } from './yield-address.ts';

type Deps = Pick<Dependencies, 'jobs' | 'keys' | 'config' | 'logger'>;
type Change = AccountChange & { email: string };
type How = {
  actor: Party;
  keepSessionId?: string;
  /** The user who has the new address unverified; the row is locked. */
  holder?: Account | null;
  /** False if no undo link may lead back past this change. */
  undoable?: boolean;
};

const undoSeconds = durations.days(7);

/**
 * Applies a change that contains a new e-mail address. The caller has locked the rows of the
 * account and of the holder of the address. Ends all other sessions and the links mailed to the old
 * address, and notifies that address. Throws 409 if the address is taken or reserved by an open
 * undo link.
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
 * A verified old address gets an undo link. Changing to an address that an open undo link leads to
 * is itself an undo: it ends that link and all later ones, creates none, and the address is
 * verified again. Otherwise a thief could change back and forth until the owner has no undo link
 * left.
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
  if (back)
    await endAccess(trx, userRealm, user.id, 'email_changed_back', { since: back.created_at });
  else await queueProof(deps, trx, user, updated);
  if (back || !user.is_email_verified || !undoable)
    await queueNotice(deps, trx, userRealm, user, 'email_changed');
  else await queueUndoLink(deps, trx, user);
  return updated;
}

/**
 * A user without a password gets a link that is also the way in, never at a new address while one
 * is verified.
 */
async function queueProof(
  deps: Deps,
  trx: Transaction,
  before: Account,
  user: Account,
): Promise<void> {
  const credentials = await findCredentialsById(trx, userRealm, user.id);
  const hasProven = before.is_email_verified || (await findFallback(trx, before)) !== null;
  if (credentials?.password_hash === null && !hasProven) await queueFirstLink(deps, trx, user);
  else await queueVerification(deps, trx, user);
}

/** Exempt from the mail limit: without this mail the owner has lost the account. */
async function queueUndoLink(deps: Deps, trx: Transaction, user: Account): Promise<void> {
  const how = {
    kind: 'email_changed',
    purpose: 'email_change_undo',
    lifeSeconds: undoSeconds,
    isEarned: true,
  } as const;
  await queueLinkMail(deps, trx, user, how);
}

/** Throws 409 if an undo link reserves the address. Call it after the write, to see that link. */
export async function refuseHeldEmail(trx: Transaction, { id, email }: Account): Promise<void> {
  if ((await findReserver(trx, email, id)) !== null) throw duplicate('email', 'user');
}
