import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Database } from '../../platform/database/database.ts';
import { encodeCursor, pageQuery } from '../../platform/http/paging.ts';
import { timestamp, uuid } from '../../platform/http/schemas.ts';
import { listPage } from '../../platform/lists/list-page.ts';
import { everything } from '../../platform/lists/list-rows.ts';
import { orderBy, rankKey } from '../../platform/lists/order.ts';
import { partySchema } from '../realms/party-schema.ts';
import type { MailStatus } from './mail-row.ts';
import type { Mail } from './mail-store.ts';

export const mailSchema = z
  .object({
    id: uuid.describe('Also the left part of the Message-ID'),
    kind: z.string().max(50).meta({ example: 'password_reset' }),
    recipient: z.string().max(254).meta({ example: 'ada@example.com' }),
    status: z
      .enum(['queued', 'sent', 'kept', 'dead'])
      .describe('`kept`: stored instead of sent, in development without a mail server'),
    attempts: z.int().min(0),
    last_error: z.string().max(200).nullable().meta({ example: 'smtp 550 rcpt' }),
    created_at: timestamp,
    expires_at: timestamp.describe('The mail is not sent after this time'),
    finished_at: timestamp.nullable(),
    subject: partySchema.nullable().describe('The account that it is about'),
  })
  .meta({ id: 'Mail' });

const firstPages = pageQuery(encodeCursor('-urgency', '2', '01890a5d-ac96-774b-bcce-b302099a8057'));

export const mailQuery = firstPages.extend({
  status: z.enum(['queued', 'sent', 'kept', 'dead']).optional(),
  subject: uuid.optional().describe('The account that the mail is about'),
});

// The expression of the index `mails_urgency`, word by word.
const urgency = sql<number>`(CASE status WHEN 'dead' THEN 2 WHEN 'queued' THEN 1 ELSE 0 END)`;
const urgencyOf = { dead: 2, queued: 1, sent: 0, kept: 0 } as const;
const mostUrgentFirst = orderBy('-urgency', rankKey(urgency), 'down');

/** Dead mails first, then queued ones, then the rest; the newest of each first. */
export function listMails(db: Database, query: z.output<typeof mailQuery>) {
  const listing = {
    table: sql.table<Mail>('mails'),
    order: mostUrgentFirst,
    filter: filterOf(query),
  };
  return listPage(db, listing, query, presentMail);
}

type MailFilter = Pick<z.output<typeof mailQuery>, 'status' | 'subject'>;

function filterOf({ status, subject }: MailFilter): RawBuilder<boolean> {
  const conditions = [
    ...(status === undefined ? [] : [ofStatus(status)]),
    // Of one account there are few: the index `mails_subject` finds them.
    ...(subject === undefined ? [] : [sql<boolean>`subject_id = ${subject}::uuid`]),
  ];
  return conditions.length === 0 ? everything : sql<boolean>`${sql.join(conditions, sql` AND `)}`;
}

/** With the urgency, so that the index of the order skips all others. */
function ofStatus(status: MailStatus) {
  return sql<boolean>`status = ${status} AND ${urgency} = ${sql.lit(urgencyOf[status])}`;
}

export function presentMail(mail: Mail): z.output<typeof mailSchema> {
  return {
    id: mail.id,
    kind: mail.kind,
    recipient: mail.recipient,
    status: mail.status,
    attempts: mail.attempts,
    last_error: mail.last_error,
    created_at: mail.created_at.toISOString(),
    expires_at: mail.expires_at.toISOString(),
    finished_at: mail.finished_at?.toISOString() ?? null,
    subject:
      mail.subject_kind && mail.subject_id
        ? { kind: mail.subject_kind, id: mail.subject_id }
        : null,
  };
}
