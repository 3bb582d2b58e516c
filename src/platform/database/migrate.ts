import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MigrationConnection } from './database.ts';

/** A migration failed; the message names the file for the operator. */
export class MigrationError extends Error {
  constructor(problem: string, cause: unknown) {
    super(problem, { cause });
    this.name = 'MigrationError';
  }
}

const migrationsDirectory = join(import.meta.dirname, '../../../migrations');
// An arbitrary constant, but the same in every release.
const advisoryLock = 7_214_003_551;

/**
 * Applies missing migrations, each in its own transaction together with its record. Other processes
 * that start meanwhile wait. Migrations applied by a newer release are ignored: it stays compatible
 * with older ones. Returns the names applied now.
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
    // A lost connection releases the lock, too.
    await connection.query('SELECT pg_advisory_unlock($1)', [advisoryLock]).catch(() => {});
  }
}

/** The names of the migrations that `migrate` would apply. Changes nothing. */
export async function findMissing(
  connection: MigrationConnection,
  directory = migrationsDirectory,
): Promise<string[]> {
  const applied = await readApplied(connection);
  return listMigrations(directory)
    .map(({ name }) => name)
    .filter((name) => !applied.has(name));
}

type Migration = { name: string; script: string };

function listMigrations(directory: string): Migration[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.sql'));
  return files
    .toSorted()
    .map((file) => ({ name: file.slice(0, -4), script: readFileSync(join(directory, file), 'utf8') }));
}

/** Creates nothing, so a role without CREATE can start the service if nothing is missing. */
async function readApplied(connection: MigrationConnection): Promise<Set<string>> {
  try {
    const [row] = await connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS exists");
    const rows = row?.exists ? await connection.query('SELECT name FROM schema_migrations') : [];
    return new Set(rows.map(({ name }) => String(name)));
  } catch (error) {
    throw new MigrationError('cannot read the table schema_migrations', error);
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
