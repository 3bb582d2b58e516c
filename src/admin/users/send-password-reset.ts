import { recordEvent } from '../../domain/audit/record-event.ts';
import { requirePasswords } from '../../domain/credentials/password-sign-in.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { findRecipient } from '../../domain/one-time-tokens/for-owner-of.ts';
import { requireQueued } from '../../domain/outbox/queue-mail.ts';
import { adminRealm, partyOf, userRealm } from '../../domain/realms/realms.ts';
import { queueResetLink } from '../../flows/password-reset/request-password-reset.ts';
import { transact } from '../../platform/database/database.ts';
import { conflict } from '../../platform/errors.ts';

/**
 * False if there is no such user. Throws 409 for a deactivated one, 429 after too many mails, 403
 * where users have no passwords.
 */
export async function sendPasswordReset(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'>,
  adminId: string,
  userId: string,
): Promise<boolean> {
  requirePasswords(deps.config, userRealm);
  const user = await findRecipient(deps.db, userId);
  if (user === null) return false;
  if (!user.is_active) throw conflict('The user is deactivated', 'user_not_active', 'user');
  const parties = { actor: partyOf(adminRealm, adminId), subject: partyOf(userRealm, user.id) };
  const outcome = await transact(deps.db, async (trx) => {
    const queuing = await queueResetLink(deps, trx, user, { actor: parties.actor });
    if (queuing.queued) await recordEvent(deps, trx, { event: 'password_reset_sent', ...parties });
    return queuing;
  });
  requireQueued(outcome);
  return true;
}
