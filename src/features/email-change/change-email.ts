import type { Dependencies } from '../../dependencies.ts';
import { duplicate } from '../../errors.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { type Account, type AccountChange, updateAccount } from '../accounts/account-store.ts';
import { type Party, partyOf, type Realm } from '../accounts/realms.ts';
import { recordEvent } from '../audit-log/record-event.ts';
import { queueVerification } from '../email-verification/verify-email.ts';
import { endLinks, isHeldEmail, isUndoneTo } from '../links/link-store.ts';
import { queueLinkMail, queueNotice } from '../mail/queue-mail.ts';
import { revokeSessionsOf } from '../sessions/session-store.ts';

type Deps = Pick<Dependencies, 'jobs' | 'keys' | 'logger'>;
type Change = AccountChange & { email?: string };

const undoSeconds = durations.days(7);

/**
 * Applies a change that contains a new e-mail address; call it where the account's row is locked. All other sessions
 * and the links mailed to the old address end, and that address is told, with a link that undoes it. A change back, to
 * an address that an undo link would restore, is itself the undoing: who has lost the account so is told, and gets no
 * link. Throws 409 where the address is taken, or held for somebody who may still undo a change away from it.
 */
export async function changeEmail(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  account: Account,
  change: Change,
  { actor, keepSessionId }: { actor: Party; keepSessionId?: string },
): Promise<Account> {
  await recordEvent(deps, trx, {
    event: 'email_changed',
    actor,
    subject: partyOf(realm, account.id),
  });
  await revokeSessionsOf(trx, realm, account.id, 'email_changed', keepSessionId);
  if (realm.kind === 'admin') {
    const updated = await updateAccount(trx, realm, account.id, change);
    await queueNotice(deps, trx, realm, account, 'email_changed');
    return updated;
  }
  const updated = await updateAccount(trx, realm, account.id, { ...change, is_email_verified: false });
  await refuseHeldEmail(trx, updated);
  await endLinks(trx, account.id, { purposes: ['password_reset', 'email_verification'] }, 'email_changed');
  if (await isUndoneTo(trx, account.id, updated.email))
    await queueNotice(deps, trx, realm, account, 'email_changed');
  else await queueLinkMail(deps, trx, account, { purpose: 'email_change_undo', lifeSeconds: undoSeconds });
  await queueVerification(deps, trx, updated);
  return updated;
}

/**
 * Throws 409 where somebody may still undo a change away from this address. Call it after the row was written: who
 * changed away from it at the same moment has committed by then, and the link is seen.
 */
export async function refuseHeldEmail(trx: Transaction, { id, email }: Account): Promise<void> {
  if (await isHeldEmail(trx, email, id)) throw duplicate('email', 'user');
}
