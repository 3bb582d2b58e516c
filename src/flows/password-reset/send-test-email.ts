import type { Account } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { noticeLifeSeconds, queueMail, requireQueued } from '../../domain/outbox/queue-mail.ts';
import { adminRealm, partyOf } from '../../domain/realms/realms.ts';
import { transact } from '../../platform/database/database.ts';
import { forbidden } from '../../platform/errors.ts';

/** Throws 403 for addresses not allowed (no open relay), 429 after too many. */
export async function sendTestEmail(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'>,
  admin: Account,
  recipient: string,
): Promise<void> {
  const allowed = [admin.email, ...deps.config.testEmailAllow].map((address) =>
    address.toLowerCase(),
  );
  if (!allowed.includes(recipient.toLowerCase())) {
    throw forbidden(
      'A test mail may only go to your own address or to one in TEST_EMAIL_ALLOW',
      'recipient_not_allowed',
    );
  }
  const subject = partyOf(adminRealm, admin.id);
  const outcome = await transact(deps.db, async (trx) => {
    const queuing = await queueMail(deps, trx, {
      kind: 'test',
      recipient,
      subject,
      linkId: null,
      device: null,
      ip: null,
      lifeSeconds: noticeLifeSeconds,
    });
    if (queuing.queued) await recordEvent(deps, trx, { event: 'test_mail_sent', subject });
    return queuing;
  });
  requireQueued(outcome);
}
