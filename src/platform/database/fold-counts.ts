import { type RawBuilder, sql } from 'kysely';
import type { Database } from './database.ts';

/** Rows that one statement folds. */
const foldedRows = 20_000;

/**
 * A table of counts is added to by inserting rows, so that no two transactions wait for each other;
 * the count of a key is the sum of its rows. This replaces the rows of each key by their sum. Every
 * process may do it at any time: no reader sees a sum change.
 */
export async function foldCounts(
  db: Database,
  table: RawBuilder<unknown>,
  keyColumns: readonly string[],
): Promise<void> {
  const keys = sql.join(keyColumns.map((column) => sql.ref(column)));
  await sql`
    WITH folded AS (
      DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${table}
         WHERE (${keys}) IN (SELECT ${keys} FROM ${table} GROUP BY ${keys} HAVING count(*) > 1)
         LIMIT ${foldedRows} FOR UPDATE SKIP LOCKED))
      RETURNING ${keys}, count)
    INSERT INTO ${table} (${keys}, count)
    SELECT ${keys}, sum(count) FROM folded GROUP BY ${keys} HAVING sum(count) <> 0`.execute(db);
}
