import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { invalid } from '../../errors.ts';
import type { Database } from '../../platform/database/database.ts';
import { text } from '../../platform/http/schemas.ts';
import type { Account } from './account-store.ts';
import { presentAccount } from './present-account.ts';
import type { Realm } from './realms.ts';

const sortOrders = ['-created_at', 'created_at', 'username', '-username', 'email', '-email'] as const;

const exampleId = '01890a5d-ac96-774b-bcce-b302099a8057';

export const listQuery = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(10),
  // An empty parameter is an absent one, and True is true: clients in Python send both.
  is_active: z
    .string()
    .regex(/^(true|false)?$/i, 'must be true or false')
    .meta({ enum: ['true', 'false'] })
    .transform((value) => (value === '' ? undefined : value.toLowerCase() === 'true'))
    .optional()
    .meta({ example: 'true' }),
  q: text(100)
    .optional()
    .describe('Part of the username, the e-mail address or the full name, taken literally'),
  sort: z
    .enum([...sortOrders, ''])
    .default('-created_at')
    .transform((value) => (value === '' ? '-created_at' : value))
    .describe('A minus sorts downwards'),
  cursor: text(500)
    .optional()
    .describe('`next_cursor` of the page before; then `page` is not used')
    .meta({ example: encodeCursor('-created_at', '2026-01-31T09:26:03.114000Z', exampleId) }),
});

type ListQuery = z.output<typeof listQuery>;

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item).max(100),
    total: z.int(),
    page: z.int(),
    page_size: z.int(),
    total_pages: z.int(),
    next_cursor: z.string().max(500).nullable(),
  });
}

/** One page of a realm's accounts with the total; by cursor every page costs the same, however deep. */
export async function listAccounts(db: Database, realm: Realm, query: ListQuery) {
  const order = orderOf(query.sort);
  const filter = filterOf(query);
  const after = query.cursor ? afterCursor(order, query.cursor) : sql`true`;
  const offset = query.cursor ? 0 : (query.page - 1) * query.page_size;
  const table = sql.table(realm.table);
  const sorted = sql`ORDER BY ${order.key} ${order.direction}, id ${order.direction}`;
  // The key is made outside, for the rows of the page and not for all that are skipped before it.
  const { rows } = await sql<Account & { cursor_key: string }>`
    SELECT *, ${order.cursorKey} AS cursor_key FROM (
      SELECT * FROM ${table} WHERE ${filter} AND ${after} ${sorted}
       LIMIT ${query.page_size + 1} OFFSET ${offset}) AS page ${sorted}`.execute(db);
  const counted = await sql<{
    total: number;
  }>`SELECT count(*)::int AS total FROM ${table} WHERE ${filter}`.execute(db);
  const total = counted.rows[0]?.total ?? 0;
  const items = rows.slice(0, query.page_size);
  const last = rows.length > query.page_size ? items.at(-1) : undefined;
  return {
    items: items.map(presentAccount),
    total,
    page: query.page,
    page_size: query.page_size,
    total_pages: Math.ceil(total / query.page_size),
    next_cursor: last ? encodeCursor(query.sort, last.cursor_key, last.id) : null,
  };
}

function filterOf({ is_active, q }: ListQuery): RawBuilder<unknown> {
  const active = is_active === undefined ? sql`true` : sql`is_active = ${is_active}`;
  if (q === undefined || q === '') return active;
  // strpos knows no wildcard: what was typed is what is looked for.
  const found = ['username', 'email', 'full_name'].map(
    (column) => sql`strpos(lower(${sql.ref(column)}), lower(${q})) > 0`,
  );
  return sql`${active} AND (${sql.join(found, sql` OR `)})`;
}

type Order = {
  sort: ListQuery['sort'];
  key: RawBuilder<unknown>;
  cursorKey: RawBuilder<unknown>;
  direction: RawBuilder<unknown>;
  beyond: RawBuilder<unknown>;
};

function orderOf(sort: ListQuery['sort']): Order {
  const downwards = sort.startsWith('-');
  const column = sort.replace('-', '');
  const byTime = column === 'created_at';
  const key = byTime ? sql`created_at` : sql`lower(${sql.ref(column)})`;
  return {
    sort,
    key,
    // Microseconds: JavaScript's milliseconds would skip rows or give them twice.
    cursorKey: byTime ? sql`to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` : key,
    direction: downwards ? sql`DESC` : sql`ASC`,
    beyond: downwards ? sql`<` : sql`>`,
  };
}

function afterCursor(order: Order, cursor: string): RawBuilder<unknown> {
  const { key, id } = decodeCursor(order.sort, cursor);
  const value = order.sort.endsWith('created_at') ? sql`${key}::timestamptz` : sql`${key}::text COLLATE "C"`;
  return sql`(${order.key}, id) ${order.beyond} (${value}, ${id}::uuid)`;
}

function encodeCursor(sort: string, key: string, id: string): string {
  return Buffer.from(JSON.stringify([sort, key, id])).toString('base64url');
}

const cursorContent = z.tuple([z.enum(sortOrders), text(300), z.uuid()]);
// PostgreSQL knows no year 0.
const cursorTime = z.iso.datetime({ precision: 6 }).refine((time) => !time.startsWith('0000'));

/** A cursor is no secret, but it comes from outside: one that fits no list is the caller's fault, not the database's. */
function decodeCursor(sort: ListQuery['sort'], cursor: string): { key: string; id: string } {
  try {
    const json: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const [cursorSort, key, id] = cursorContent.parse(json);
    if (cursorSort !== sort) throw new Error('the cursor of another order');
    if (sort.endsWith('created_at')) cursorTime.parse(key);
    return { key, id };
  } catch {
    throw invalid({ field: 'cursor', message: 'is not a cursor of this list', type: 'invalid_cursor' });
  }
}
