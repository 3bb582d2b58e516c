import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';

type Entry = { position: string; key_id: string; chained_at: Date };

/**
 * Since when the last events were chained with that key; null if they were chained with another
 * one. A key follows the one before, so that halving the chain finds the change in a few reads.
 */
export async function keyInUseSince(db: Database, keyId: string): Promise<Date | null> {
  const last = await entryAt(db, sql`ORDER BY audit_chain.position DESC`);
  if (last?.key_id !== keyId) return null;
  let since = last;
  let low = BigInt((await entryAt(db, sql`ORDER BY audit_chain.position`))?.position ?? 0);
  // Apart from `since`: in a gap the first entry from the middle on lies beyond it.
  let high = BigInt(last.position);
  while (low < high) {
    const middle = (low + high) / 2n;
    const found = await entryAt(
      db,
      sql`WHERE position >= ${middle.toString()}::bigint ORDER BY audit_chain.position`,
    );
    if (found === null) break;
    if (found.key_id === keyId) {
      since = found;
      high = middle;
    } else low = BigInt(found.position) + 1n;
  }
  return since.chained_at;
}

/** The order names the table: `position` alone is the text, in which 10 comes before 9. */
async function entryAt(db: Database, which: ReturnType<typeof sql>): Promise<Entry | null> {
  const { rows } = await sql<Entry>`
    SELECT position::text AS position, key_id, chained_at FROM audit_chain ${which} LIMIT 1`.execute(
    db,
  );
  return rows[0] ?? null;
}
