import { sql } from 'kysely';
import type { Database } from '../../../platform/database/database.ts';
import { type Check, failed, ok, skipped, warning } from '../finding.ts';

const oldHours = 26;
const tooOldHours = 24 * 7;
const advice = 'adl backup create, then adl backup verify; look at the timer that runs them';

/** A backup counts once it was restored for a test. Its age is that of what it holds. */
export function backupsCheck(db: Database, table = 'backups'): Check {
  return {
    name: 'backups',
    run: async () => {
      const hours = await hoursSinceVerified(db, table);
      if (hours === null) return skipped('this release records no backups: see to them yourself');
      if (hours === Number.POSITIVE_INFINITY) return failed('no backup has been verified', advice);
      const shown = `the last verified backup is ${Math.floor(hours)} hours old`;
      if (hours > tooOldHours) return failed(shown, advice);
      return hours > oldHours ? warning(shown, advice) : ok(shown);
    },
  };
}

/** Infinite where there is none; null where there is no record of backups at all. */
async function hoursSinceVerified(db: Database, table: string): Promise<number | null> {
  const found = await sql<{ exists: boolean }>`SELECT to_regclass(${table}) IS NOT NULL AS exists`.execute(
    db,
  );
  if (found.rows[0]?.exists !== true) return null;
  const { rows } = await sql<{ hours: number | null }>`
    SELECT (extract(epoch FROM now() - max(taken_at)) / 3600)::float8 AS hours
      FROM ${sql.id(table)} WHERE verified_at IS NOT NULL`.execute(db);
  return rows[0]?.hours ?? Number.POSITIVE_INFINITY;
}
