import assert from 'node:assert/strict';
import { assembly, parts } from '../src/app.ts';
import type { Dependencies } from '../src/domain/dependencies.ts';
import type { MailKind } from '../src/domain/outbox/mail-row.ts';
import { writeMail } from '../src/domain/outbox/write-mail.ts';
import type { SmtpTransport } from '../src/platform/smtp/smtp-transport.ts';
import { jobHandlers } from '../src/process/background-work.ts';

type ReadMail = {
  id: string;
  kind: MailKind;
  recipient: string;
  status: string;
  attempts: number;
  last_error: string | null;
  /** Null if its link is no longer valid. */
  message: { subject: string; text: string; html: string } | null;
};

export type Mailbox = {
  /** Runs the due jobs of the queue; without a mail server, mails are kept. */
  deliver(smtp?: SmtpTransport): Promise<number>;
  /** Runs the due jobs and returns all mails so far, oldest first. */
  mails(kind?: MailKind): Promise<ReadMail[]>;
  /** The token of the newest mail of a kind to this address. */
  token(kind: MailKind, recipient: string): Promise<string>;
};

export function createMailbox(deps: Dependencies): Mailbox {
  const deliver: Mailbox['deliver'] = (smtp) =>
    deps.jobs.runDue(jobHandlers(parts, { ...deps, ...assembly, smtp: smtp ?? null }));
  const mails: Mailbox['mails'] = async (kind) => {
    await deliver();
    const rows = await deps.db.selectFrom('mails').selectAll().orderBy('id').execute();
    const chosen = rows.filter((row) => kind === undefined || row.kind === kind);
    const read: ReadMail[] = [];
    for (const row of chosen) {
      const { id, recipient, status, attempts, last_error } = row;
      const message = await writeMail({ ...deps, ...assembly }, row);
      read.push({ id, kind: row.kind, recipient, status, attempts, last_error, message });
    }
    return read;
  };
  return {
    deliver,
    mails,
    token: async (kind, recipient) => {
      const mail = (await mails(kind)).findLast(
        (one) => one.recipient === recipient && one.message !== null,
      );
      const token = /#token=([\w-]+)/.exec(mail?.message?.text ?? '')?.[1];
      assert.ok(token, `a ${kind} mail with a link to ${recipient}`);
      return token;
    },
  };
}
