import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import type { Order } from './account-order.ts';
import type { Account } from './account-store.ts';

/** What a list wants of a realm's table. */
export type AccountsWanted = {
  table: RawBuilder<unknown>;
  order: Order;
  filter: RawBuilder<boolean>;
  /** The rows beyond the cursor, or all. */
  after: RawBuilder<boolean>;
  offset: number;
  limit: number;
};

export type ListedAccount = Account & { cursor_key: string };

export async function readRows(db: Database, wanted: AccountsWanted): Promise<ListedAccount[]> {
  const { table, order, filter, after, offset, limit } = wanted;
  // The key is made outside, for the rows of the page and not for all that are skipped before it.
  const { rows } = await sql<ListedAccount>`
    SELECT *, ${order.cursorKey} AS cursor_key FROM (
      SELECT * FROM ${table} WHERE ${filter} AND ${after} ${order.clause}
       LIMIT ${limit} OFFSET ${offset}) AS page ${order.clause}`.execute(db);
  return rows;
}
