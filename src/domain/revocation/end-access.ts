import type { Transaction } from '../../platform/database/database.ts';
import { endLinks, type WhichLinks } from '../one-time-tokens/link-store.ts';
import { endLaterUndoLinks } from '../one-time-tokens/undo-links.ts';
import type { Realm } from '../realms/realms.ts';
import { revokeSessionsOf } from '../sessions/session-store.ts';

type Ending = {
  /** `others`: all but the session that made the change. */
  sessions: 'all' | 'others' | 'none';
  links: WhichLinks;
  /**
   * Links that undo a change of the address. `later`: all but the oldest, which leads back to
   * before the first change. `since`: those not older than the one whose address is back.
   */
  undoLinks: 'all' | 'later' | 'since' | 'none';
};

// By exception, so that a new kind of link ends unless somebody decides that it survives.
const noLinks: WhichLinks = { only: [] };
const allButVerification: WhichLinks = {
  allBut: ['email_change_undo', 'account_deletion_undo', 'email_verification'],
};
const allButUndo: WhichLinks = { allBut: ['email_change_undo', 'account_deletion_undo'] };
const allButUndoOfAddress: WhichLinks = { allBut: ['email_change_undo'] };

/** What ends when an account changes. The keys are the reasons kept in the rows. */
const endings = {
  // A thief who knows the password must not be able to end the owner's oldest undo link.
  password_changed: { sessions: 'others', links: allButVerification, undoLinks: 'later' },
  logout_all: { sessions: 'all', links: noLinks, undoLinks: 'later' },
  admin_revoked: { sessions: 'all', links: noLinks, undoLinks: 'none' },
  // Nor by a reset through an address that the thief has verified.
  password_reset: { sessions: 'all', links: allButUndo, undoLinks: 'none' },
  factors_reset: { sessions: 'all', links: noLinks, undoLinks: 'none' },
  // Whoever got in by what is unlinked.
  identity_unlinked: { sessions: 'others', links: noLinks, undoLinks: 'none' },
  email_changed: { sessions: 'others', links: allButUndo, undoLinks: 'none' },
  email_changed_back: { sessions: 'none', links: noLinks, undoLinks: 'since' },
  // Later changes were the intruder's, and their links lead to the intruder's addresses.
  email_change_undone: { sessions: 'all', links: allButUndo, undoLinks: 'since' },
  email_reverted: { sessions: 'none', links: allButUndo, undoLinks: 'since' },
  deactivated: { sessions: 'all', links: allButUndo, undoLinks: 'none' },
  // Links that undo a change of the address lead back to before a thief's deletion.
  deleted: { sessions: 'all', links: allButUndo, undoLinks: 'none' },
  deleted_by_admin: { sessions: 'all', links: allButUndoOfAddress, undoLinks: 'none' },
  restored: { sessions: 'all', links: allButUndoOfAddress, undoLinks: 'none' },
  invitation_accepted: { sessions: 'all', links: allButUndoOfAddress, undoLinks: 'none' },
  // Whoever made the account is not who owns its address.
  taken_over: { sessions: 'all', links: allButUndoOfAddress, undoLinks: 'all' },
  // Anybody who once set an address of this user must not gain the new right by undoing a change.
  promoted: { sessions: 'none', links: noLinks, undoLinks: 'all' },
} as const satisfies Record<string, Ending>;

export type AccessChange = keyof typeof endings;

type Options = {
  /** The session that stays where only the others end. */
  keepSessionId?: string | undefined;
  /** When the link was made whose address is back. */
  since?: Date;
};

/**
 * Ends the sessions and links that must not survive a change of the account. Call it in the
 * transaction of the change, where the account's row is locked.
 */
export async function endAccess(
  trx: Transaction,
  realm: Realm,
  accountId: string,
  change: AccessChange,
  { keepSessionId, since }: Options = {},
): Promise<void> {
  const { sessions, links, undoLinks }: Ending = endings[change];
  if (sessions === 'all') await revokeSessionsOf(trx, realm, accountId, change);
  if (sessions === 'others') await revokeSessionsOf(trx, realm, accountId, change, keepSessionId);
  // Admins have no links.
  if (realm.kind === 'admin') return;
  if (links !== noLinks) await endLinks(trx, accountId, links, change);
  if (undoLinks === 'later') await endLaterUndoLinks(trx, accountId, change);
  if (undoLinks !== 'all' && undoLinks !== 'since') return;
  const only = ['email_change_undo'] as const;
  await endLinks(trx, accountId, { only, ...(since && { notBefore: since }) }, change);
}
