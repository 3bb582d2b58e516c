import { accessSync, constants, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, environmentFile, misnamedVariables } from '../configuration/config.ts';
import type { DatabaseEngine, MigrationConnection } from '../platform/database/database.ts';
import type { DatabaseClock } from '../platform/database/database-clock.ts';
import {
  DatabaseUnavailableError,
  readOnlyServer,
  sqlStateOf,
} from '../platform/database/database-errors.ts';
import { listNewer, MigrationError, migrate } from '../platform/database/migrate.ts';
import { SchemaConflictError } from '../platform/database/schema-compatibility.ts';
import type { ServerProcess } from '../platform/database/server-processes.ts';
import { hearSilence } from '../platform/hear-silence.ts';
import type { Logger } from '../platform/logging/logger.ts';

/** Ends the start: what failed and how to fix it, on one line without a secret or a value. */
export class StartupError extends Error {
  constructor(check: string, problem: string, fix: string, cause?: unknown) {
    super(`${check}: failed - ${problem}. ${fix}`, { cause });
    this.name = 'StartupError';
  }
}

/** Creates `DATA_DIR` if anything will be stored in it. */
export function requireDataDir({ databaseUrl, secretKey, dataDir }: Config): void {
  if (databaseUrl !== undefined && secretKey !== undefined) return;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const problem = `DATA_DIR cannot be read and written (${describe(error)})`;
    throw new StartupError(
      'configuration',
      problem,
      'Correct it, or the rights on the directory',
      error,
    );
  }
}

// Including the attempt itself, the service is ready at most five seconds after the server.
const longestWaitMilliseconds = 3000;

/** Connects and migrates, retrying until the timeout; awaits `onUnreachable` each time. */
export async function prepareDatabase(
  config: Config,
  engine: DatabaseEngine,
  logger: Logger,
  self: ServerProcess,
  onUnreachable: () => Promise<void>,
): Promise<void> {
  const deadline = performance.now() + config.startupTimeoutSeconds * 1000;
  for (let waitMilliseconds = 500; ; waitMilliseconds *= 2) {
    try {
      await connectAndMigrate(engine, logger, self, onUnreachable);
      return;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      const leftMilliseconds = deadline - performance.now();
      if (leftMilliseconds <= 0) {
        const fix = 'Start PostgreSQL, or correct DATABASE_URL';
        throw new StartupError(
          'database',
          `not reachable in ${config.startupTimeoutSeconds} s`,
          fix,
          error,
        );
      }
      await onUnreachable();
      logger.warn(`database: not reachable yet (${describe(error.cause)}), trying again`);
      await sleep(Math.min(waitMilliseconds, longestWaitMilliseconds, leftMilliseconds));
    }
  }
}

/** Reports the files in use, and variables that look misspelt. */
export function reportConfiguration(config: Config, logger: Logger): void {
  const { environment, databaseUrl, secretKey, dataDir } = config;
  const keepsFiles = databaseUrl === undefined || secretKey === undefined;
  const data = keepsFiles ? `; data in ${resolve(dataDir)}` : '';
  logger.info(`configuration: ok (${environment}; .env: ${environmentFile() ?? 'none'}${data})`);
  for (const { name, meant } of misnamedVariables()) {
    logger.warn(`configuration: ${name} is set, but nothing reads it. Is ${meant} meant?`);
  }
}

const tolerableSkewSeconds = 5;

/** Rows and access tokens use the database's clock; logs and certificates use this machine's. */
export async function checkClock(clock: DatabaseClock, logger: Logger): Promise<void> {
  await clock.measure();
  const skewSeconds = clock.skewSeconds();
  const shown = `${skewSeconds.toFixed(1)} s`;
  if (Math.abs(skewSeconds) <= tolerableSkewSeconds) logger.info('clock: ok');
  else
    logger.warn(
      `clock: failed - ${shown} between this machine and the database. Synchronise both with NTP`,
    );
}

// A server that neither answers nor refuses counts as unreachable long before the attempt fails.
const silentMilliseconds = 2000;

async function connectAndMigrate(
  engine: DatabaseEngine,
  logger: Logger,
  self: ServerProcess,
  onUnreachable: () => Promise<void>,
): Promise<void> {
  const connecting = connect(engine);
  await hearSilence(connecting, silentMilliseconds, onUnreachable);
  const connection = await connecting;
  try {
    const version = await requireSupportedVersion(connection);
    await requireWritable(connection);
    logger.info(`database: ok (${engine.name} ${version})`);
    const applied = await migrate(connection, undefined, engine.isEmbedded ? undefined : self);
    const unknown = await listNewer(connection);
    const newer = unknown.length === 0 ? '' : `; of a newer release: ${unknown.join(', ')}`;
    logger.info(
      `migrations: ok (${applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`}${newer})`,
    );
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    if (error instanceof SchemaConflictError)
      throw new StartupError('migrations', error.problem, error.fix, error);
    const cause = error instanceof MigrationError ? error.cause : error;
    if (isConnectionLost(cause)) throw new DatabaseUnavailableError('connection lost', cause);
    if (!(error instanceof MigrationError)) throw error;
    const fix =
      'The database is as it was before. Fix the cause and start again; an older version keeps working';
    throw new StartupError(
      'migrations',
      `${error.message}: ${describeSchemaProblem(cause)}`,
      fix,
      error,
    );
  } finally {
    await connection.close().catch(() => {});
  }
}

/** Throws `StartupError` for what no retry solves, else `DatabaseUnavailableError`. */
export async function connect(engine: DatabaseEngine): Promise<MigrationConnection> {
  try {
    return await engine.openMigrationConnection();
  } catch (error) {
    const permanent = permanentProblem(error);
    if (permanent) throw new StartupError('database', ...permanent, error);
    throw new DatabaseUnavailableError('no connection', error);
  }
}

/** A problem that no retry solves, and its fix; null if another attempt may succeed. */
function permanentProblem(error: unknown): [problem: string, fix: string] | null {
  const state = sqlStateOf(error) ?? '';
  if (state.startsWith('28'))
    return ['the credentials were refused', 'Correct user and password in DATABASE_URL'];
  if (state === '3D000')
    return ['there is no such database', 'Create it, or correct its name in DATABASE_URL'];
  if (state === '42501')
    return ['the user may not connect to this database', 'Grant it, or correct DATABASE_URL'];
  if ((error as NodeJS.ErrnoException).syscall === 'open')
    return [
      'a file of certificates cannot be read',
      'Correct its path in DATABASE_URL, or its rights',
    ];
  const text =
    error instanceof Error ? `${error.message} ${(error as NodeJS.ErrnoException).code ?? ''}` : '';
  if (text.includes('unsupported startup parameter'))
    return [
      'it is a PgBouncer',
      'Set DATABASE_DIRECT_URL to PostgreSQL itself, beside DATABASE_URL',
    ];
  if (/does not support SSL|self.signed|certificate|CERT_|UNABLE_TO_VERIFY/i.test(text)) {
    return ['TLS could not be agreed on', 'Correct sslmode in DATABASE_URL, or the certificates'];
  }
  return null;
}

async function requireSupportedVersion(connection: MigrationConnection): Promise<string> {
  const [row] = await connection.query(
    "SELECT current_setting('server_version_num')::int AS number",
  );
  const number = Number(row?.number);
  if (number >= 150_000) return `${Math.floor(number / 10_000)}.${number % 10_000}`;
  throw new StartupError('database', 'PostgreSQL is older than version 15', 'Upgrade the server');
}

/** A read-only server is a standby that may soon become the primary. */
async function requireWritable(connection: MigrationConnection): Promise<void> {
  const [row] = await connection.query(
    "SELECT current_setting('transaction_read_only') AS is_read_only",
  );
  if (row?.is_read_only === 'on') throw readOnlyServer();
}

/** The server closed it (08, 57P) or became read-only (25006), or there was no server's answer. */
function isConnectionLost(error: unknown): boolean {
  return !(error instanceof StartupError) && /^(08...|57P..|25006)?$/.test(sqlStateOf(error) ?? '');
}

/** With the message only in class 42, where it names parts of the schema and no row. */
function describeSchemaProblem(error: unknown): string {
  const state = sqlStateOf(error);
  return error instanceof Error && state?.startsWith('42')
    ? `${error.message} (${state})`
    : describe(error);
}

/** Codes only: messages of drivers contain hosts, users and databases. */
function describe(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'no answer';
}
