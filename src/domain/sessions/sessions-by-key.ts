import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import { live } from './session-store.ts';

/** How many live sessions hold a token of each secret, by its key id. */
export async function countLiveSessionsByKey(db: Database): Promise<Map<string, number>> {
  const query = db
    .selectFrom('sessions')
    .select(['key_id', sql<number>`count(*)::int`.as('count')])
    .where(live);
  const rows = await query.groupBy('key_id').execute();
  return new Map(rows.map(({ key_id, count }) => [key_id, count]));
}
