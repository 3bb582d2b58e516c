import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { invalid } from '../../errors.ts';
import type { Database } from '../../platform/database/database.ts';
import { text, timestamp, uuid } from '../../platform/http/schemas.ts';
import type { Mail } from './mail-store.ts';

export const mailSchema = z
  .object({
    id: uuid.describe('Also the left part of its Message-ID'),
    kind: z.string().max(50).meta({ example: 'password_reset' }),
    recipient: z.string().max(254).meta({ example: 'ada@example.com' }),
    status: z
      .enum(['queued', 'sent', 'kept', 'dead'])
      .describe('`kept`: in development, without a mail server'),
    attempts: z.int().min(0),
    last_error: z.string().max(200).nullable().meta({ example: 'smtp 550 rcpt' }),
    created_at: timestamp,
    expires_at: timestamp.describe('It is not sent after this time'),
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'Mail' });

export const mailQuery = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(10),
  status: z.enum(['queued', 'sent', 'kept', 'dead']).optional(),
  cursor: text(500)
    .optional()
    .describe('`next_cursor` of the page before; then `page` is not used')
    .meta({ example: encodeCursor({ rank: 0, id: '01890a5d-ac96-774b-bcce-b302099a8057' }) }),
});

type Position = { rank: number; id: string };

// What needs somebody comes first: the dead, then what still waits.
const rank = sql<number>`(CASE status WHEN 'dead' THEN 0 WHEN 'queued' THEN 1 ELSE 2 END)`;

/** The mails, dead letters first, the newest of each first. */
export async function listMails(db: Database, query: z.output<typeof mailQuery>) {
  const chosen = query.status === undefined ? sql`true` : sql`status = ${query.status}`;
  const after = query.cursor ? afterPosition(decodeCursor(query.cursor)) : sql`true`;
  const offset = query.cursor ? 0 : (query.page - 1) * query.page_size;
  const { rows } = await sql<Mail & { rank: number }>`
    SELECT *, ${rank} AS rank FROM mails WHERE ${chosen} AND ${after}
     ORDER BY ${rank}, id DESC LIMIT ${query.page_size + 1} OFFSET ${offset}`.execute(db);
  const counted = await sql<{
    total: number;
  }>`SELECT count(*)::int AS total FROM mails WHERE ${chosen}`.execute(db);
  const total = counted.rows[0]?.total ?? 0;
  const items = rows.slice(0, query.page_size);
  const last = rows.length > query.page_size ? items.at(-1) : undefined;
  return {
    items: items.map(presentMail),
    total,
    page: query.page,
    page_size: query.page_size,
    total_pages: Math.ceil(total / query.page_size),
    next_cursor: last ? encodeCursor(last) : null,
  };
}

function afterPosition({ rank: after, id }: Position): RawBuilder<unknown> {
  return sql`(${rank} > ${after} OR (${rank} = ${after} AND id < ${id}::uuid))`;
}

function presentMail(mail: Mail): z.output<typeof mailSchema> {
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

function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify([position.rank, position.id])).toString('base64url');
}

const cursorContent = z.tuple([z.int().min(0).max(2), z.uuid()]);

function decodeCursor(cursor: string): Position {
  try {
    const json: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const [after, id] = cursorContent.parse(json);
    return { rank: after, id };
  } catch {
    throw invalid({ field: 'cursor', message: 'is not a cursor of this list', type: 'invalid_cursor' });
  }
}
