import type { MigrationConnection } from '../database.ts';
import { readMigrations } from '../migrate.ts';
import { type Effect, observeMigration } from './observe-migration.ts';

/** An effect, and about how many rows it touches. */
export type PlannedEffect = Effect & { rows: number };

/**
 * What the missing migrations will do, each statement of them to each table that is there. They are
 * tried on an empty embedded database, which gets the applied ones first: the database itself is
 * only read.
 */
export async function planMigrations(
  connection: MigrationConnection,
  directory?: string,
): Promise<PlannedEffect[]> {
  const { known, applied } = await readMigrations(connection, directory);
  const missing = known.filter(({ name }) => !applied.has(name));
  if (missing.length === 0) return [];
  const { openScratch } = await import('./open-scratch.ts');
  const scratch = await openScratch();
  try {
    for (const { name, script } of known) if (applied.has(name)) await scratch.exec(script);
    const effects: Effect[] = [];
    for (const migration of missing) effects.push(...(await observeMigration(scratch, migration)));
    const estimates = await estimateRows(connection);
    return effects.map((effect) => ({
      ...effect,
      rows: effect.work === 'none' ? 0 : (estimates.get(effect.table) ?? 0),
    }));
  } finally {
    await scratch.close();
  }
}

/** By the statistics: as of the last analysis, or what was counted since. */
async function estimateRows(connection: MigrationConnection): Promise<Map<string, number>> {
  const rows = await connection.query(`
    SELECT relname, greatest(reltuples, pg_stat_get_live_tuples(oid), 0)::float8 AS estimate
      FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`);
  return new Map(rows.map(({ relname, estimate }) => [String(relname), Number(estimate)]));
}
