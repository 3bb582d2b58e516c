import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { planEachTime } from '../database/plan-each-time.ts';
import type { Total } from '../http/paging.ts';
import type { Order, Position } from './order.ts';

/** What is listed, of which table, in which order. */
export type Listing<Row = unknown> = {
  table: RawBuilder<Row>;
  order: Order;
  filter: RawBuilder<boolean>;
};

export type Stretch = {
  /** The rows beyond a cursor; absent: all. */
  after?: RawBuilder<boolean> | undefined;
  offset: number;
  limit: number;
};

export async function readRows<Row>(
  db: Database,
  { table, order, filter }: Listing<Row>,
  { after = everything, offset, limit }: Stretch,
): Promise<(Row & Position)[]> {
  // The key is made outside, for the rows of the page and not for all that are skipped before it.
  const { rows } = await sql<Row & Position>`
    ${planEachTime}
    SELECT *, ${order.key.asText} AS cursor_key FROM (
      SELECT * FROM ${table} WHERE ${filter} AND ${after} ${order.clause}
       LIMIT ${limit} OFFSET ${offset}) AS page ${order.clause}`.execute(db);
  return rows;
}

export const everything = sql<boolean>`true`;

/** How far a total is counted where nothing keeps count. */
export const mostCounted = 10_000;

export async function countUpTo(
  db: Database,
  { table, filter }: Pick<Listing, 'table' | 'filter'>,
  most = mostCounted,
): Promise<Total> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM (SELECT FROM ${table} WHERE ${filter} LIMIT ${most + 1}) AS found`.execute(
    db,
  );
  return totalOf(rows[0]?.count ?? 0, most);
}

export function totalOf(count: number, most = mostCounted): Total {
  return { count: Math.min(count, most), isExact: count <= most };
}
