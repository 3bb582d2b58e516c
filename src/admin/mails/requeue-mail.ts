import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { findLink } from '../../domain/one-time-tokens/link-store.ts';
import { findMail, type Mail, reviveMail } from '../../domain/outbox/mail-store.ts';
import { noticeLifeSeconds } from '../../domain/outbox/queue-mail.ts';
import { adminRealm, partyOf } from '../../domain/realms/realms.ts';
import { transact } from '../../platform/database/database.ts';
import { conflict, notFound } from '../../platform/errors.ts';

/** Retries a dead mail for a day. Throws 404, or 409 if it is not dead or its link is void. */
export async function requeueMail(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'>,
  adminId: string,
  mailId: string,
): Promise<void> {
  const mail = await findMail(deps.db, mailId);
  if (mail === null) throw notFound('Mail not found');
  await requireOpenLink(deps, mail);
  await transact(deps.db, async (trx) => {
    const revived = await reviveMail(trx, mailId, noticeLifeSeconds);
    if (!revived) throw conflict('Only a dead mail can be requeued', 'mail_not_dead', 'mail');
    const { subject_kind: kind, subject_id: subjectId } = mail;
    const subject = kind && subjectId ? partyOf({ kind }, subjectId) : null;
    const actor = partyOf(adminRealm, adminId);
    await recordEvent(deps, trx, {
      event: 'mail_requeued',
      actor,
      subject,
      details: { mail_id: mailId },
    });
    await deps.jobs.send(trx, 'mails', { mailId });
  });
}

async function requireOpenLink({ db }: Pick<Dependencies, 'db'>, mail: Mail): Promise<void> {
  if (mail.link_id === null || (await findLink(db, mail.link_id))?.is_open) return;
  throw conflict(
    'The link in this mail is no longer valid: request a new one',
    'link_expired',
    'mail',
  );
}
