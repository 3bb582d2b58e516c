import type { MigrationConnection } from './database.ts';
import type { ServerProcess } from './server-processes.ts';

/**
 * A migration says in a line of its own which releases can go on working on the schema that it
 * leaves: those that know the migration with that number. Without the line none but its own.
 */
const declaration = /^-- compatible-with: (\d{4})$/m;

export function compatibleWith(script: string): string | null {
  return declaration.exec(script)?.[1] ?? null;
}

export function numberOf(name: string): string {
  return name.slice(0, 4);
}

/** The schema and a release, or processes of another one, do not go together. */
export class SchemaConflictError extends Error {
  readonly problem: string;
  readonly fix: string;

  constructor(problem: string, fix: string) {
    super(`${problem}. ${fix}`);
    this.name = 'SchemaConflictError';
    this.problem = problem;
    this.fix = fix;
  }
}

type Connection = Pick<MigrationConnection, 'query'>;

/** The applied migrations that come after the last known one. */
export async function listUnknown(connection: Connection, lastKnown: string) {
  // Read as JSON: the column came after the table.
  const rows = await connection.query(
    `SELECT name, to_jsonb(schema_migrations) ->> 'compatible_with' AS compatible_with
       FROM schema_migrations WHERE name COLLATE "C" > $1 ORDER BY name COLLATE "C"`,
    [lastKnown],
  );
  return rows as { name: string; compatible_with: string | null }[];
}

/** Refuses a schema that a newer release has changed in a way that this one cannot work with. */
export async function requireKnownSchema(
  connection: Connection,
  lastKnown: string,
): Promise<string[]> {
  const unknown = await listUnknown(connection, lastKnown);
  const foreign = unknown.filter(
    ({ compatible_with: oldest }) => oldest === null || oldest > numberOf(lastKnown),
  );
  if (foreign.length === 0) return unknown.map(({ name }) => name);
  const names = foreign.map(({ name }) => name).join(', ');
  throw new SchemaConflictError(
    `the database is newer than this release, which cannot work with ${names}`,
    'Start the newer release, or restore the backup from before the upgrade',
  );
}

type Pending = { name: string; script: string };

/** Refuses migrations that a running process of an older release could not live with. */
export function requireCompatibleProcesses(
  missing: readonly Pending[],
  processes: readonly ServerProcess[],
): void {
  for (const { name, script } of missing) {
    const oldest = compatibleWith(script) ?? numberOf(name);
    const older = processes.filter(({ schema }) => schema < oldest);
    const [first] = older;
    if (first === undefined) continue;
    const count = older.length === 1 ? 'a server process' : `${older.length} server processes`;
    throw new SchemaConflictError(
      `${name} cannot be applied beside ${count} of an older release (${first.release}, process ${first.pid} on ${first.host})`,
      'Stop the older ones first; one that was killed counts for 30 s. The database is as it was before',
    );
  }
}
