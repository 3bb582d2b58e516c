import { TryAgainLater } from '../../platform/jobs/job-queue.ts';
import { MailNotSentError } from '../../platform/smtp/mail-not-sent.ts';
import type { SmtpTransport } from '../../platform/smtp/smtp-transport.ts';
import type { Dependencies } from '../dependencies.ts';
import { beginAttempt, finishMail, type Mail, noteFailedAttempt } from './mail-store.ts';
import type { MailTexts } from './mail-text.ts';
import { MailNotWrittenError, writeMail } from './write-mail.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'> & {
  smtp: SmtpTransport | null;
  mailTexts: MailTexts;
};

/**
 * Makes one attempt to send a mail. Returns when the mail is finished, sent or dead; throws if the
 * queue should try again. Delivery is at least once: if the process dies after the last byte, but
 * before the mail is marked as sent, it is sent again with the same Message-ID.
 */
export async function deliverMail(deps: Deps, mailId: string): Promise<void> {
  const mail = await beginAttempt(deps.db, mailId);
  if (mail === null) return;
  if (mail.is_expired)
    return bury(deps, mail, mail.last_error ? `expired: ${mail.last_error}` : 'expired');
  const message = await writeMail(deps, mail).catch(unwritten);
  if (message === null) return bury(deps, mail, 'the link is no longer valid');
  if (message instanceof MailNotWrittenError)
    return bury(deps, mail, 'the message could not be composed', message.cause);
  if (deps.smtp !== null) return send(deps, deps.smtp, mail, message);
  if (deps.config.environment === 'production')
    return failAttempt(deps, mail, 'mail is not configured', true);
  await finishMail(deps.db, mail.id, { status: 'kept' });
  const place = `${deps.config.publicUrl}/app/mailbox`;
  deps.logger.info(
    { mail_id: mail.id, kind: mail.kind },
    `Mail kept, not sent (SMTP_HOST is not set): ${place}`,
  );
}

type Message = NonNullable<Awaited<ReturnType<typeof writeMail>>>;

function unwritten(error: unknown): MailNotWrittenError {
  if (error instanceof MailNotWrittenError) return error;
  throw error;
}

async function send(deps: Deps, smtp: SmtpTransport, mail: Mail, message: Message): Promise<void> {
  try {
    await smtp.send({ id: mail.id, to: mail.recipient, ...message }, () =>
      finishMail(deps.db, mail.id, { status: 'sent' }),
    );
  } catch (error) {
    if (!(error instanceof MailNotSentError)) throw error;
    if (error.permanent) return bury(deps, mail, error.reason);
    return failAttempt(deps, mail, error.reason, error.isOutage);
  }
  await deps.jobs.endOutage(deps.db, 'mails');
  deps.logger.info({ mail_id: mail.id, kind: mail.kind, attempts: mail.attempts }, 'Mail sent');
}

async function bury(
  { db, logger }: Deps,
  mail: Mail,
  reason: string,
  err?: unknown,
): Promise<void> {
  await finishMail(db, mail.id, { status: 'dead', reason });
  logger.error(
    {
      mail_id: mail.id,
      kind: mail.kind,
      attempts: mail.attempts,
      reason,
      ...(err !== undefined && { err }),
    },
    `Mail is dead: ${reason}`,
  );
}

async function failAttempt(
  { db, logger }: Deps,
  mail: Mail,
  reason: string,
  isOutage: boolean,
): Promise<never> {
  await noteFailedAttempt(db, mail.id, reason);
  logger.warn(
    { mail_id: mail.id, kind: mail.kind, attempts: mail.attempts, reason },
    `Mail not sent yet: ${reason}`,
  );
  throw new TryAgainLater(reason, isOutage);
}
