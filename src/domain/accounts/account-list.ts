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
import { cursorTime, queryBoolean, text } from '../../platform/http/schemas.ts';
import type { Realm } from '../realms/realms.ts';
import type { Account } from './account-store.ts';
import { presentAccount } from './present-account.ts';

const sortOrders = ['-created_at', 'created_at', 'username', '-username', 'email', '-email'] as const;

const exampleId = '01890a5d-ac96-774b-bcce-b302099a8057';

const firstPages = pageQuery(encodeCursor('-created_at', '2026-01-31T09:26:03.114000Z', exampleId));

export const listQuery = firstPages.extend({
  is_active: queryBoolean,
  q: text(100)
    .optional()
    .describe('Part of the username, the e-mail address or the full name, taken literally'),
  sort: z
    .enum([...sortOrders, ''])
    .default('-created_at')
    .transform((value) => (value === '' ? '-created_at' : value))
    .describe('A minus sorts downwards'),
});

type ListQuery = z.output<typeof listQuery>;

/** One page of a realm's accounts with the total; by cursor every page costs the same, however deep. */
export async function listAccounts(db: Database, realm: Realm, query: ListQuery) {
  const order = orderOf(query.sort);
  const filter = filterOf(query);
  const after = query.cursor ? afterCursor(order, query.cursor) : sql`true`;
  const table = sql.table(realm.table);
  const sorted = sql`ORDER BY ${order.key} ${order.direction}, id ${order.direction}`;
  // The key is made outside, for the rows of the page and not for all that are skipped before it.
  const { rows } = await sql<Account & { cursor_key: string }>`
    SELECT *, ${order.cursorKey} AS cursor_key FROM (
      SELECT * FROM ${table} WHERE ${filter} AND ${after} ${sorted}
       LIMIT ${fetchedRows(query)} OFFSET ${offsetOf(query)}) AS page ${sorted}`.execute(db);
  const counted = await sql<{
    total: number;
  }>`SELECT count(*)::int AS total FROM ${table} WHERE ${filter}`.execute(db);
  const total = counted.rows[0]?.total ?? 0;
  const cursorAfter = (last: { cursor_key: string; id: string }) =>
    encodeCursor(query.sort, last.cursor_key, last.id);
  return presentPage(query, { rows, total }, presentAccount, cursorAfter);
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

const cursorContent = z.tuple([z.enum(sortOrders), text(300), z.uuid()]);

function afterCursor(order: Order, cursor: string): RawBuilder<unknown> {
  const byTime = order.sort.endsWith('created_at');
  const content = cursorContent.refine(
    ([sort, key]) => sort === order.sort && (!byTime || cursorTime.safeParse(key).success),
  );
  const [, key, id] = decodeCursor(cursor, content);
  const value = byTime ? sql`${key}::timestamptz` : sql`${key}::text COLLATE "C"`;
  return sql`(${order.key}, id) ${order.beyond} (${value}, ${id}::uuid)`;
}
