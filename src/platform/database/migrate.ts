import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MigrationConnection } from './database.ts';

/** A migration that did not apply; its message names the file, so that the operator knows which. */
export class MigrationError extends Error {
  constructor(problem: string, cause: unknown) {
    super(problem, { cause });
    this.name = 'MigrationError';
  }
}

const migrationsDirectory = join(import.meta.dirname, '../../../migrations');
// Any constant will do, as long as every release of this service uses the same.
const advisoryLock = 7_214_003_551;

/**
 * Applies what is missing, each file in a transaction of its own together with its record, while all other
 * processes that start wait. Migrations that a newer release has applied are left alone: it keeps old ones working.
 * Returns the names applied now.
 */
export async function migrate(
  connection: MigrationConnection,
  directory = migrationsDirectory,
): Promise<string[]> {
  await connection.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
  try {
    const applied = await readApplied(connection);
    const missing = listMigrations(directory).filter(({ name }) => !applied.has(name));
    for (const migration of missing) await apply(connection, migration);
    return missing.map(({ name }) => name);
  } finally {
    // With a connection that is lost the lock is, too.
    await connection.query('SELECT pg_advisory_unlock($1)', [advisoryLock]).catch(() => {});
  }
}

type Migration = { name: string; script: string };

function listMigrations(directory: string): Migration[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.sql'));
  return files
    .toSorted()
    .map((file) => ({ name: file.slice(0, -4), script: readFileSync(join(directory, file), 'utf8') }));
}

/** Creates nothing: where nothing is missing, a role that may create no table can start the service. */
async function readApplied(connection: MigrationConnection): Promise<Set<string>> {
  try {
    const [row] = await connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS exists");
    const rows = row?.exists ? await connection.query('SELECT name FROM schema_migrations') : [];
    return new Set(rows.map(({ name }) => String(name)));
  } catch (error) {
    throw new MigrationError('the table schema_migrations can not be read', error);
  }
}

const recordTable = `CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;

async function apply(connection: MigrationConnection, { name, script }: Migration): Promise<void> {
  const sha256 = createHash('sha256').update(script).digest('hex');
  try {
    await connection.runScript('BEGIN');
    await connection.runScript(recordTable);
    await connection.runScript(script);
    await connection.query('INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)', [name, sha256]);
    await connection.runScript('COMMIT');
  } catch (error) {
    await connection.runScript('ROLLBACK').catch(() => {});
    throw new MigrationError(`migration ${name} failed`, error);
  }
}
