import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import { beyondRow, upToRow } from './account-order.ts';
import { type AccountsWanted, type ListedAccount, readRows } from './list-rows.ts';

/** How many rows a statement reads: few enough that whoever waits for the embedded connection waits briefly. */
const rowsOfSlice = 5000;

/** What contains the text. strpos knows no wildcard: what was typed is what is looked for. */
export function containing(q: string): RawBuilder<boolean> {
  const found = ['username', 'email', 'full_name'].map(
    (column) => sql`strpos(lower(${sql.ref(column)}), lower(${q})) > 0`,
  );
  return sql`(${sql.join(found, sql` OR `)})`;
}

/**
 * The rows of a page and the total, where no index serves the filter: the table is read slice by slice in the order
 * of the list, and a slice again only for those rows of the page that were found in it.
 */
export async function searchAccounts(db: Database, wanted: AccountsWanted, sliceRows = rowsOfSlice) {
  const { order, filter, after, limit } = wanted;
  const rows: ListedAccount[] = [];
  let { offset } = wanted;
  let total = 0;
  let rest = sql<boolean>`true`;
  for (;;) {
    const slice = await countSlice(db, wanted, rest, sliceRows);
    if (slice === undefined) break;
    if (slice.found > offset && rows.length < limit) {
      const within = sql<boolean>`${filter} AND ${rest} AND ${upToRow(order, slice)}`;
      const missing = limit - rows.length;
      rows.push(...(await readRows(db, { ...wanted, filter: within, after, offset, limit: missing })));
    }
    offset = Math.max(0, offset - slice.found);
    total += slice.found;
    if (slice.read < sliceRows) break;
    rest = beyondRow(order, slice);
  }
  return { rows, total };
}

type Slice = {
  read: number;
  found: number;
  /** Of its last row. */
  cursor_key: string;
  id: string;
};

async function countSlice(
  db: Database,
  { table, order, filter }: AccountsWanted,
  rest: RawBuilder<boolean>,
  sliceRows: number,
): Promise<Slice | undefined> {
  const { rows } = await sql<Slice>`
    SELECT (count(*) OVER ())::int AS read, (count(*) FILTER (WHERE ${filter}) OVER ())::int AS found,
           ${order.cursorKey} AS cursor_key, id
      FROM (SELECT * FROM ${table} WHERE ${rest} ${order.clause} LIMIT ${sliceRows}) AS slice
     ${order.backwards} LIMIT 1`.execute(db);
  return rows[0];
}
