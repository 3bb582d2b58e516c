import { lockAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { requireQueued } from '../../domain/outbox/queue-mail.ts';
import { adminRealm, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { queueInvitation } from '../../flows/invitations/queue-invitation.ts';
import { transact } from '../../platform/database/database.ts';
import { conflict } from '../../platform/errors.ts';

/**
 * Mails a new link; false if there is no such user. Throws 409 for one who is not invited or is
 * deactivated, 429 after too many mails.
 */
export async function resendInvitation(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'>,
  adminId: string,
  userId: string,
): Promise<boolean> {
  const actor = partyOf(adminRealm, adminId);
  const outcome = await transact(deps.db, async (trx) => {
    const user = await lockAccount(trx, userRealm, userId);
    if (user === null) return null;
    if (!user.invited_at) throw conflict('The user is not invited', 'user_not_invited', 'user');
    if (!user.is_active) throw conflict('The user is deactivated', 'user_not_active', 'user');
    const queuing = await queueInvitation(deps, trx, user, { actor });
    const subject = partyOf(userRealm, user.id);
    if (queuing.queued)
      await recordEvent(deps, trx, { event: 'invitation_resent', actor, subject });
    return queuing;
  });
  if (outcome === null) return false;
  requireQueued(outcome);
  return true;
}
