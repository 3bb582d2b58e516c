import { sql } from 'kysely';
import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../../platform/database/database.ts';
import { live } from './session-store.ts';

/** A table with more rows is sampled, in about as many. */
const mostRows = 50_000;

/** Registers the metric of live sessions and returns a function that updates it from the table. */
export function addSessionMetrics(registry: Registry, db: Database): () => Promise<void> {
  const sessions = new Gauge({
    name: 'adl_sessions_live',
    help: `Live sessions by realm; estimated from a sample where the table has more than ${mostRows} rows`,
    labelNames: ['realm'],
    registers: [registry],
  });
  return async () => {
    const counts = await countLiveSessions(db);
    for (const realm of ['user', 'admin'] as const) sessions.set({ realm }, counts.get(realm) ?? 0);
  };
}

export async function countLiveSessions(
  db: Database,
  most = mostRows,
): Promise<Map<string, number>> {
  const share = Math.min(1, most / Math.max(1, await estimateRows(db)));
  const { rows } = await sql<{ realm: string; count: number }>`
    SELECT subject_kind AS realm, count(*)::int AS count
      FROM sessions TABLESAMPLE SYSTEM (${100 * share}) WHERE ${live} GROUP BY subject_kind`.execute(
    db,
  );
  return new Map(rows.map(({ realm, count }) => [realm, Math.round(count / share)]));
}

/** By the size of the table now: the statistics alone are as old as the last analysis. */
async function estimateRows(db: Database): Promise<number> {
  const { rows } = await sql<{ estimate: number }>`
    SELECT (CASE WHEN relpages > 0 AND reltuples > 0 THEN reltuples / relpages ELSE 30 END
            * pg_relation_size(oid) / current_setting('block_size')::int)::float8 AS estimate
      FROM pg_class WHERE oid = to_regclass('public.sessions')`.execute(db);
  return rows[0]?.estimate ?? 0;
}
