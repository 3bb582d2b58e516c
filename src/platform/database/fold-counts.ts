import { type RawBuilder, sql } from 'kysely';
import type { Database } from './database.ts';

/** Rows that one statement folds. */
const rowsAtOnce = 20_000;
/** An update of all users at once leaves two rows for each. */
const mostStatements = 100;

/**
 * A table of counts is added to by inserting rows, so that no two transactions wait for each other;
 * the count of a key is the sum of its rows. This replaces the rows of each key by their sum. Every
 * process may do it at any time: no reader sees a sum change.
 */
export async function foldCounts(
  db: Database,
  table: RawBuilder<unknown>,
  keyColumns: readonly string[],
  atOnce = rowsAtOnce,
): Promise<void> {
  const keys = sql.join(keyColumns.map((column) => sql.ref(column)));
  for (let statement = 0; statement < mostStatements; statement += 1) {
    const { rows } = await sql<{ folded: number }>`
      WITH folded AS (
        DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM ${table}
           WHERE (${keys}) IN (SELECT ${keys} FROM ${table} GROUP BY ${keys} HAVING count(*) > 1)
           LIMIT ${atOnce} FOR UPDATE SKIP LOCKED))
        RETURNING ${keys}, count),
      sums AS (
        INSERT INTO ${table} (${keys}, count)
        SELECT ${keys}, sum(count) FROM folded GROUP BY ${keys} HAVING sum(count) <> 0)
      SELECT count(*)::int AS folded FROM folded`.execute(db);
    if ((rows[0]?.folded ?? 0) < atOnce) return;
  }
}
