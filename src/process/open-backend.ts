import type { CommandDependencies } from '../cli/command/command.ts';
import { executeCommand } from '../cli/command/execute-command.ts';
import { findCommand } from '../cli/commands/all-commands.ts';
import { connectToServer } from '../cli/local-socket/ask-server.ts';
import type { Backend } from '../cli/terminal/run-given.ts';
import type { Config } from '../configuration/config.ts';
import { createKeyRing } from '../platform/crypto/secret-keys.ts';
import {
  createDatabase,
  type DatabaseEngine,
  type MigrationConnection,
} from '../platform/database/database.ts';
import { DatabaseUnavailableError } from '../platform/database/database-errors.ts';
import { DirectoryInUseError } from '../platform/database/directory-lock.ts';
import { findMissing, migrate, requireReleaseFits } from '../platform/database/migrate.ts';
import { logStatement } from '../platform/logging/log-statement.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { openBreachedPasswords } from './open-breached-passwords.ts';
import { openEngine, startHasher } from './open-engine.ts';
import { loadSecretKey } from './secret-key.ts';
import { connect, StartupError } from './startup-checks.ts';

/** Commands run one after the other. */
const poolSize = 2;

/**
 * On PostgreSQL a command works beside the servers. The embedded database has one process only: the
 * server that holds its directory is asked, and where none runs, this process takes the directory's
 * lock.
 */
export async function openBackend(
  config: Config,
  logger: Logger,
  { isForAnySchema }: { isForAnySchema: boolean },
): Promise<Backend> {
  if (config.databaseUrl === undefined) {
    const server = await connectToServer(config.dataDir);
    if (server !== null) return { ask: server.ask, close: async () => server.close() };
  }
  const engine = await openEngine({ ...config, databasePoolSize: poolSize }).catch(explainInUse);
  try {
    if (!isForAnySchema) await requireSchema(engine);
    return directBackend(config, logger, engine);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function explainInUse(error: unknown): never {
  if (!(error instanceof DirectoryInUseError)) throw error;
  const problem =
    'another process has DATA_DIR open and cannot be asked: it is starting, stopping or older';
  throw new StartupError('database', problem, 'Try again, or stop it', error);
}

/** Nobody else can migrate the embedded database. On PostgreSQL that is for the operator to say. */
async function requireSchema(engine: DatabaseEngine): Promise<void> {
  const connection = await connectOrExplain(engine);
  try {
    if (engine.isEmbedded) await migrate(connection);
    await requireReleaseFits(connection);
    const missing = await findMissing(connection);
    if (missing.length === 0) return;
    throw new StartupError('database', `it lacks ${missing.join(', ')}`, 'Run adl migrate first');
  } finally {
    await connection.close();
  }
}

/** A connection, or one line about why there is none. */
export async function connectOrExplain(engine: DatabaseEngine): Promise<MigrationConnection> {
  try {
    return await connect(engine);
  } catch (error) {
    if (!(error instanceof DatabaseUnavailableError)) throw error;
    throw new StartupError('database', 'not reachable', 'Start it, or correct DATABASE_URL', error);
  }
}

/**
 * What commands work with on this engine; what they open is closed by `closings`. What most
 * commands do without is loaded where it is needed: an import of a million rows needs the memory.
 */
export function commandDependencies(
  config: Config,
  logger: Logger,
  engine: DatabaseEngine,
  closings: (() => Promise<void>)[],
): CommandDependencies {
  const db = createDatabase(engine.pool, (event) => logStatement(logger, event));
  const keys = createKeyRing(loadSecretKey(config), config.secretKeyPrevious);
  const deps: CommandDependencies = {
    config,
    logger,
    engine,
    db,
    keys,
    openHasher: async () => {
      const hasher = await startHasher(config);
      closings.push(() => hasher.close());
      return hasher;
    },
    openBreachedPasswords: () => openBreachedPasswords(config, logger),
    openJobs: async () => {
      const { parts } = await import('../app.ts');
      const { jobNames } = await import('./background-work.ts');
      const { createJobQueue } = await import('../platform/jobs/job-queue.ts');
      const jobs = createJobQueue(engine, logger, false);
      await jobs.open(jobNames(parts));
      closings.push(() => jobs.close());
      return jobs;
    },
    openService: async () => {
      const { assembly } = await import('../app.ts');
      const { createAccessTokens } = await import('../domain/access-tokens/access-token.ts');
      const { createSigningKeys } = await import('../domain/signing-keys/signing-keys.ts');
      const [hasher, jobs] = [await deps.openHasher(), await deps.openJobs()];
      const breachedPasswords = await deps.openBreachedPasswords();
      const signingKeys = createSigningKeys(deps);
      const accessTokens = createAccessTokens({ ...deps, signingKeys }, () => new Date());
      const readiness = { phase: 'serving' as const };
      const opened = { hasher, breachedPasswords, jobs, signingKeys, accessTokens, readiness };
      return { ...deps, ...assembly, ...opened };
    },
  };
  return deps;
}

function directBackend(config: Config, logger: Logger, engine: DatabaseEngine): Backend {
  const closings: (() => Promise<void>)[] = [];
  const deps = commandDependencies(config, logger, engine, closings);
  return {
    ask: async (name, parameters, exchange) => {
      const command = findCommand(name);
      if (command === null) throw new Error(`there is no command ${name}`);
      return executeCommand(command, deps, parameters, exchange);
    },
    close: async () => {
      for (const close of closings) await close();
      await engine.close();
    },
  };
}
