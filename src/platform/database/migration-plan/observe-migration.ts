import type { PGlite } from '@electric-sql/pglite';
import type { Migration } from '../migrate.ts';
import { splitStatements } from './split-statements.ts';

/** What one statement does to one table that was there before. */
export type Effect = {
  migration: string;
  statement: string;
  table: string;
  lock: string;
  blocks: 'reads and writes' | 'writes' | 'nothing';
  /** Of all rows of the table. */
  work: 'rewrites' | 'reads' | 'none';
};

// From the weakest up (PostgreSQL's manual, 13.3); the first two block no statement of the service.
const modes = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
];

type TableState = { mode: string | null; file: string; scans: number };

/**
 * Runs the statements one by one on a database without rows and looks after each which locks it
 * took, and whether it read or rewrote a whole table.
 */
export async function observeMigration(
  scratch: PGlite,
  { name, script }: Migration,
): Promise<Effect[]> {
  await scratch.exec('BEGIN');
  let before = await readTables(scratch);
  const existing = new Set(before.keys());
  const effects: Effect[] = [];
  for (const statement of splitStatements(script)) {
    await scratch.exec(statement);
    const after = await readTables(scratch);
    for (const [table, state] of after) {
      const effect = existing.has(table) ? effectOf(before.get(table), state) : null;
      if (effect !== null)
        effects.push({ migration: name, statement: shortened(statement), table, ...effect });
    }
    before = after;
  }
  await scratch.exec('COMMIT');
  return effects;
}

/** The tables of the service, with the strongest lock that this transaction has on each. */
async function readTables(scratch: PGlite): Promise<Map<string, TableState>> {
  const { rows } = await scratch.query<{
    name: string;
    held: string[] | null;
    file: string;
    scans: number;
  }>(`
    SELECT relname AS name, relfilenode::text AS file,
           (SELECT array_agg(mode) FROM pg_locks WHERE relation = pg_class.oid AND pid = pg_backend_pid()) AS held,
           coalesce(pg_stat_get_xact_numscans(pg_class.oid), 0)::int AS scans
      FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`);
  return new Map(
    rows.map(({ name, held, file, scans }) => [name, { mode: strongest(held), file, scans }]),
  );
}

function strongest(held: string[] | null): string | null {
  const ranks = (held ?? []).map((mode) => modes.indexOf(mode));
  return modes[Math.max(...ranks)] ?? null;
}

function effectOf(
  before: TableState | undefined,
  { mode, file, scans }: TableState,
): Pick<Effect, 'lock' | 'blocks' | 'work'> | null {
  const isNew = mode !== null && rankOf(mode) > Math.max(rankOf(before?.mode ?? null), 1);
  const isRead = scans > (before?.scans ?? 0);
  const work =
    before !== undefined && file !== before.file ? 'rewrites' : isRead ? 'reads' : 'none';
  if (mode === null || (!isNew && work === 'none')) return null;
  return { lock: mode.replace(/Lock$/, ''), blocks: blockedBy(mode), work };
}

function rankOf(mode: string | null): number {
  return mode === null ? -1 : modes.indexOf(mode);
}

function blockedBy(mode: string): Effect['blocks'] {
  if (mode === 'AccessExclusiveLock') return 'reads and writes';
  return rankOf(mode) >= modes.indexOf('ShareLock') ? 'writes' : 'nothing';
}

const shownCharacters = 60;

function shortened(statement: string): string {
  const line = statement.replaceAll(/\s+/g, ' ');
  return line.length > shownCharacters ? `${line.slice(0, shownCharacters)}…` : line;
}
