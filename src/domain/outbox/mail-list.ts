import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Database } from '../../platform/database/database.ts';
import {
  decodeCursor,
  encodeCursor,
  fetchedRows,
  offsetOf,
  pageQuery,
  presentPage,
} from '../../platform/http/paging.ts';
import { timestamp, uuid } from '../../platform/http/schemas.ts';
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
  })
  .meta({ id: 'Mail' });

const firstPages = pageQuery(encodeCursor(0, '01890a5d-ac96-774b-bcce-b302099a8057'));

export const mailQuery = firstPages.extend({
  status: z.enum(['queued', 'sent', 'kept', 'dead']).optional(),
});

const cursorContent = z.tuple([z.int().min(0).max(2), z.uuid()]);

// Mails that need attention come first: dead ones, then queued ones.
const rank = sql<number>`(CASE status WHEN 'dead' THEN 0 WHEN 'queued' THEN 1 ELSE 2 END)`;

/** Dead mails first, then queued ones, then the rest; the newest of each first. */
export async function listMails(db: Database, query: z.output<typeof mailQuery>) {
  const chosen = query.status === undefined ? sql`true` : sql`status = ${query.status}`;
  const after = query.cursor ? afterCursor(query.cursor) : sql`true`;
  const { rows } = await sql<Mail & { rank: number }>`
    SELECT *, ${rank} AS rank FROM mails WHERE ${chosen} AND ${after}
     ORDER BY ${rank}, id DESC LIMIT ${fetchedRows(query)} OFFSET ${offsetOf(query)}`.execute(db);
  const counted = await sql<{ total: number }>`
    SELECT count(*)::int AS total FROM mails WHERE ${chosen}`.execute(db);
  const total = counted.rows[0]?.total ?? 0;
  return presentPage(query, { rows, total }, presentMail, (last) => encodeCursor(last.rank, last.id));
}

function afterCursor(cursor: string): RawBuilder<unknown> {
  const [after, id] = decodeCursor(cursor, cursorContent);
  return sql`(${rank} > ${after} OR (${rank} = ${after} AND id < ${id}::uuid))`;
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
  };
}
