import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import { joinRunning } from '../../platform/join-running.ts';

const probeMilliseconds = 1000;

/** Checks that the database answers. Concurrent callers share one query. */
export function createDatabaseProbe(db: Database): () => Promise<boolean> {
  return joinRunning(() => answersInTime(db));
}

async function answersInTime(db: Database): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), probeMilliseconds);
  const answer = sql`SELECT 1`.execute(db).then(
    () => true,
    () => false,
  );
  const reachable = await Promise.race([answer, promise]);
  clearTimeout(timer);
  return reachable;
}
