import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { decodeCursor } from '../../platform/http/paging.ts';
import { cursorTime, text } from '../../platform/http/schemas.ts';

export const sortOrders = ['-created_at', 'created_at', 'username', '-username', 'email', '-email'] as const;

type Sort = (typeof sortOrders)[number];

/** How a list of accounts is sorted, in SQL. */
export type Order = {
  sort: Sort;
  key: RawBuilder<unknown>;
  /** The key as text, in full. */
  cursorKey: RawBuilder<string>;
  clause: RawBuilder<unknown>;
  backwards: RawBuilder<unknown>;
  beyond: RawBuilder<unknown>;
  upTo: RawBuilder<unknown>;
};

export function orderOf(sort: Sort): Order {
  const downwards = sort.startsWith('-');
  const column = sort.replace('-', '');
  const byTime = column === 'created_at';
  const key = byTime ? sql<string>`created_at` : folded(column);
  const [up, down] = [sql`ORDER BY ${key}, id`, sql`ORDER BY ${key} DESC, id DESC`];
  return {
    sort,
    key,
    // Microseconds: JavaScript's milliseconds would skip rows or give them twice.
    cursorKey: byTime ? sql`to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` : key,
    clause: downwards ? down : up,
    backwards: downwards ? up : down,
    beyond: downwards ? sql`<` : sql`>`,
    upTo: downwards ? sql`>=` : sql`<=`,
  };
}

/** Whoever has no username comes before all others. A row comparison with NULL finds nothing. */
function folded(column: string): RawBuilder<string> {
  const name = sql<string>`lower(${sql.ref(column)})`;
  return column === 'username' ? sql`coalesce(${name}, '')` : name;
}

const cursorContent = z.tuple([z.enum(sortOrders), text(300), z.uuid()]);

/** The rows beyond a cursor's; throws 422 where it is none of this order. */
export function beyondCursor(order: Order, cursor: string): RawBuilder<boolean> {
  const content = cursorContent.refine(
    ([sort, key]) => sort === order.sort && (!isByTime(sort) || cursorTime.safeParse(key).success),
  );
  const [, cursor_key, id] = decodeCursor(cursor, content);
  return beyondRow(order, { cursor_key, id });
}

type Position = { cursor_key: string; id: string };

export function beyondRow(order: Order, row: Position): RawBuilder<boolean> {
  return compared(order, order.beyond, row);
}

/** The rows before it, and itself. */
export function upToRow(order: Order, row: Position): RawBuilder<boolean> {
  return compared(order, order.upTo, row);
}

function compared(order: Order, operator: RawBuilder<unknown>, row: Position): RawBuilder<boolean> {
  const value = isByTime(order.sort)
    ? sql`${row.cursor_key}::timestamptz`
    : sql`${row.cursor_key}::text COLLATE "C"`;
  return sql`(${order.key}, id) ${operator} (${value}, ${row.id}::uuid)`;
}

function isByTime(sort: Sort): boolean {
  return sort.endsWith('created_at');
}
