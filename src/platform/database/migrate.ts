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

/**
 * Applies the missing migrations that are wanted, in the caller's transaction: all or none. The caller keeps other
 * processes away.
 */
export async function migrateWithin(
  connection: MigrationConnection,
  isWanted: (name: string) => boolean,
  directory = migrationsDirectory,
): Promise<void> {
  const applied = await readApplied(connection);
  const wanted = listMigrations(directory).filter(({ name }) => !applied.has(name) && isWanted(name));
  for (const migration of wanted) await runAndRecord(connection, migration);
}

/** The names of the migrations of this release, and of those that the database has. */
export async function compareMigrations(
  connection: MigrationConnection,
  directory = migrationsDirectory,
): Promise<{ known: string[]; applied: string[] }> {
  const applied = [...(await readApplied(connection))].toSorted();
  return { known: listMigrations(directory).map(({ name }) => name), applied };
}

/** The tables that migrations have made. */
export function migratedTables(directory = migrationsDirectory): Set<string> {
  const scripts = listMigrations(directory).map(({ script }) => script.replaceAll(/--.*$/gm, ''));
  return new Set(scripts.flatMap((script) => [...script.matchAll(madeTable)].map(([, name = '']) => name)));
}

const madeTable = /^\s*CREATE TABLE (\w+)/gm;

/** Keeps other processes from migrating until the transaction ends. */
export async function lockMigrations(connection: MigrationConnection): Promise<void> {
  await connection.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock]);
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

async function apply(connection: MigrationConnection, migration: Migration): Promise<void> {
  try {
    await connection.runScript('BEGIN');
    await runAndRecord(connection, migration);
    await connection.runScript('COMMIT');
  } catch (error) {
    await connection.runScript('ROLLBACK').catch(() => {});
    throw new MigrationError(`migration ${migration.name} failed`, error);
  }
}

async function runAndRecord(connection: MigrationConnection, { name, script }: Migration): Promise<void> {
  const sha256 = createHash('sha256').update(script).digest('hex');
  await connection.runScript(recordTable);
  await connection.runScript(script);
  await connection.query('INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)', [name, sha256]);
}
