import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MigrationConnection } from './database.ts';
import {
  compatibleWith,
  listUnknown,
  numberOf,
  requireCompatibleProcesses,
  requireKnownSchema,
} from './schema-compatibility.ts';
import {
  listProcesses,
  processTable,
  type ServerProcess,
  showProcess,
} from './server-processes.ts';

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
 * that start meanwhile wait. Throws `SchemaConflictError` where a newer release left a schema that
 * this one cannot work with, and where a running process of an older release could not live with
 * what is missing. `self` is shown as running before others may migrate. Returns the names applied
 * now.
 */
export async function migrate(
  connection: MigrationConnection,
  directory = migrationsDirectory,
  self?: ServerProcess,
): Promise<string[]> {
  await connection.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
  try {
    const missing = await requireMigratable(connection, directory);
    await prepareRecords(connection, missing);
    for (const migration of missing) await apply(connection, migration);
    if (self !== undefined) await showProcess(connection, self);
    return missing.map(({ name }) => name);
  } finally {
    // A lost connection releases the lock, too.
    await connection.query('SELECT pg_advisory_unlock($1)', [advisoryLock]).catch(() => {});
  }
}

/**
 * Applies the missing migrations that are wanted, in the caller's transaction: all or none. The
 * caller keeps other processes away.
 */
export async function migrateWithin(
  connection: MigrationConnection,
  isWanted: (name: string) => boolean,
  directory = migrationsDirectory,
): Promise<void> {
  const applied = await readApplied(connection);
  const wanted = listMigrations(directory).filter(
    ({ name }) => !applied.has(name) && isWanted(name),
  );
  await connection.runScript(recordTables);
  for (const migration of wanted) await runAndRecord(connection, migration);
}

/** The tables that migrations have made. */
export function migratedTables(directory = migrationsDirectory): Set<string> {
  const scripts = listMigrations(directory).map(({ script }) => script.replaceAll(/--.*$/gm, ''));
  return new Set(
    scripts.flatMap((script) => [...script.matchAll(madeTable)].map(([, name = '']) => name)),
  );
}

const madeTable = /^\s*CREATE TABLE (\w+)/gm;

/** Keeps other processes from migrating until the transaction ends. */
export async function lockMigrations(
  connection: Pick<MigrationConnection, 'query'>,
): Promise<void> {
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

export type SchemaState = {
  /** Migrations of this release that the database lacks. */
  missing: string[];
  /** Migrations of a newer release that the database has. */
  unknown: string[];
  processes: ServerProcess[];
};

/** Changes nothing. */
export async function readSchemaState(
  connection: MigrationConnection,
  directory = migrationsDirectory,
): Promise<SchemaState> {
  const applied = await readApplied(connection);
  const known = listMigrations(directory).map(({ name }) => name);
  return {
    missing: known.filter((name) => !applied.has(name)),
    unknown: await listNewer(connection, directory),
    processes: await listProcesses(connection),
  };
}

/** The names of the applied migrations of a newer release. */
export async function listNewer(
  connection: MigrationConnection,
  directory = migrationsDirectory,
): Promise<string[]> {
  if ((await readApplied(connection)).size === 0) return [];
  const newer = await listUnknown(connection, listMigrations(directory).at(-1)?.name ?? '');
  return newer.map(({ name }) => name);
}

/** Gives the missing migrations; throws `SchemaConflictError` where `migrate` would. */
export async function requireMigratable(
  connection: MigrationConnection,
  directory = migrationsDirectory,
): Promise<Migration[]> {
  await requireReleaseFits(connection, directory);
  const { known, applied } = await readMigrations(connection, directory);
  const missing = known.filter(({ name }) => !applied.has(name));
  if (missing.length > 0) requireCompatibleProcesses(missing, await listProcesses(connection));
  return missing;
}

/**
 * Throws `SchemaConflictError` where a newer release left a schema that this one cannot work with.
 */
export async function requireReleaseFits(
  connection: Pick<MigrationConnection, 'query'>,
  directory = migrationsDirectory,
): Promise<void> {
  if ((await readApplied(connection)).size === 0) return;
  await requireKnownSchema(connection, listMigrations(directory).at(-1)?.name ?? '');
}

/** All migrations of this release, and which of them the database has. */
export async function readMigrations(
  connection: MigrationConnection,
  directory = migrationsDirectory,
) {
  return { known: listMigrations(directory), applied: await readApplied(connection) };
}

/** The number of the last migration of this release. */
export function schemaNumber(directory = migrationsDirectory): string {
  return numberOf(listMigrations(directory).at(-1)?.name ?? '');
}

export type Migration = { name: string; script: string };

function listMigrations(directory: string): Migration[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.sql'));
  return files.toSorted().map((file) => ({
    name: file.slice(0, -4),
    script: readFileSync(join(directory, file), 'utf8'),
  }));
}

/** Creates nothing, so a role without CREATE can start the service if nothing is missing. */
async function readApplied(connection: Pick<MigrationConnection, 'query'>): Promise<Set<string>> {
  try {
    const [row] = await connection.query(
      "SELECT to_regclass('schema_migrations') IS NOT NULL AS exists",
    );
    const rows = row?.exists ? await connection.query('SELECT name FROM schema_migrations') : [];
    return new Set(rows.map(({ name }) => String(name)));
  } catch (error) {
    throw new MigrationError('cannot read the table schema_migrations', error);
  }
}

const recordTables = `CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
  ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS compatible_with text;
  ${processTable}`;

/**
 * Before the migrations, in a transaction of its own: a long one must not lock what every process
 * reads. A role that may not do it can still start where no migration is missing.
 */
async function prepareRecords(
  connection: MigrationConnection,
  missing: readonly Migration[],
): Promise<void> {
  const [row] = await connection.query(`SELECT count(*)::int AS columns FROM pg_attribute
    WHERE attrelid IN (to_regclass('schema_migrations'), to_regclass('server_processes'))
      AND attname IN ('compatible_with', 'seen_at') AND NOT attisdropped`);
  if (row?.columns === 2) return;
  try {
    await connection.runScript(`BEGIN; ${recordTables}; COMMIT`);
  } catch (error) {
    await connection.runScript('ROLLBACK').catch(() => {});
    const [first] = missing;
    if (first !== undefined) throw new MigrationError(`migration ${first.name} failed`, error);
  }
}

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

async function runAndRecord(
  connection: MigrationConnection,
  { name, script }: Migration,
): Promise<void> {
  const sha256 = createHash('sha256').update(script).digest('hex');
  await connection.runScript(script);
  await connection.query(
    'INSERT INTO schema_migrations (name, sha256, compatible_with) VALUES ($1, $2, $3)',
    [name, sha256, compatibleWith(script)],
  );
}
