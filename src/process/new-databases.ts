import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CommandDependencies, NewDatabase } from '../cli/command/command.ts';
import type { Config } from '../configuration/config.ts';
import type { DatabaseEngine } from '../platform/database/database.ts';
import { sqlStateOf } from '../platform/database/database-errors.ts';
import { DirectoryInUseError, lockDirectory } from '../platform/database/directory-lock.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { commandDependencies, connectOrExplain } from './open-backend.ts';
import { openEngine } from './open-engine.ts';
import { StartupError } from './startup-checks.ts';

/** Statements run one after the other. */
const poolSize = 2;

/**
 * Where a restore writes: the empty database of `DATABASE_URL`, or `DATA_DIR`, which must have none
 * yet.
 */
export async function openTarget(config: Config, logger: Logger): Promise<NewDatabase> {
  if (config.databaseUrl !== undefined) {
    const engine = await openEngine({ ...config, databasePoolSize: poolSize });
    await requireNoServer(engine);
    return opened(config, logger, engine, async () => {});
  }
  const unlock = lockOrExplain(config.dataDir);
  const [place, unfinished] = [join(config.dataDir, 'postgres'), join(config.dataDir, 'restoring')];
  try {
    if (existsSync(place)) {
      const problem = `there is one in ${resolve(config.dataDir)}`;
      throw new StartupError(
        'database',
        problem,
        'Move its folder postgres away, or set another DATA_DIR',
      );
    }
    rmSync(unfinished, { recursive: true, force: true });
    const engine = await openEngine({ ...config, dataDir: unfinished, databasePoolSize: poolSize });
    return await opened(config, logger, engine, async (outcome) => {
      // Under its name only once it is whole.
      if (outcome === 'keep') renameSync(join(unfinished, 'postgres'), place);
      rmSync(unfinished, { recursive: true, force: true });
      unlock();
    });
  } catch (error) {
    unlock();
    throw error;
  }
}

function lockOrExplain(dataDir: string): () => void {
  try {
    return lockDirectory(dataDir);
  } catch (error) {
    if (!(error instanceof DirectoryInUseError)) throw error;
    throw new StartupError(
      'database',
      'a server has DATA_DIR open',
      'Stop it first, then try again',
      error,
    );
  }
}

/**
 * Where a verification restores to: a database beside that of `DATABASE_URL`, or a folder; both are
 * removed.
 */
export async function openScratch(config: Config, logger: Logger): Promise<NewDatabase> {
  if (config.databaseUrl !== undefined)
    return openScratchDatabase(config, config.databaseUrl, logger);
  removeAbandonedFolders();
  const dataDir = mkdtempSync(join(tmpdir(), scratchPrefix));
  const remove = async () => rmSync(dataDir, { recursive: true, force: true });
  const engine = await openEngine({ ...config, dataDir, databasePoolSize: poolSize });
  return opened(config, logger, engine, remove);
}

const scratchPrefix = 'adl-verify-';

/** What killed verifications have left: nobody holds its lock. */
function removeAbandonedFolders(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(scratchPrefix))) {
    const folder = join(tmpdir(), name);
    try {
      lockDirectory(folder)();
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // In use, or another user's.
    }
  }
}

async function openScratchDatabase(
  config: Config,
  url: string,
  logger: Logger,
): Promise<NewDatabase> {
  const name = `adl_verify_${randomBytes(6).toString('hex')}`;
  await removeAbandoned(config);
  await administer(config, `CREATE DATABASE ${name}`);
  const scratchUrl = new URL(url);
  scratchUrl.pathname = `/${name}`;
  const engine = await openEngine({
    ...config,
    databaseUrl: scratchUrl.href,
    databasePoolSize: poolSize,
  });
  return opened(config, logger, engine, () =>
    administer(config, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  );
}

/** Those of verifications that were killed. */
async function removeAbandoned(config: Config): Promise<void> {
  const engine = await openEngine({ ...config, databasePoolSize: 1 });
  const connection = await connectOrExplain(engine);
  try {
    const rows = await connection.query(`
      SELECT datname FROM pg_database AS d WHERE datname ~ '^adl_verify_[0-9a-f]{12}$'
         AND pg_get_userbyid(datdba) = current_user
         AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.datname = d.datname)`);
    for (const { datname } of rows)
      await connection.runScript(`DROP DATABASE IF EXISTS ${String(datname)}`);
  } finally {
    await connection.close();
    await engine.close();
  }
}

async function administer(config: Config, statement: string): Promise<void> {
  const engine = await openEngine({ ...config, databasePoolSize: 1 });
  const connection = await connectOrExplain(engine);
  try {
    await connection.runScript(statement);
  } catch (error) {
    if (sqlStateOf(error) !== '42501') throw error;
    const fix = 'ALTER ROLE … CREATEDB, or DATABASE_URL=embedded';
    throw new StartupError(
      'database',
      'the role may not create the database to verify in',
      fix,
      error,
    );
  } finally {
    await connection.close();
    await engine.close();
  }
}

/**
 * A server on the database would answer from what is not whole, or go on with what it remembers.
 */
async function requireNoServer(engine: DatabaseEngine): Promise<void> {
  const connection = await connectOrExplain(engine);
  try {
    const rows = await connection.query(`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND application_name IN ('adl', 'adl jobs', 'adl migrations')`);
    if (rows.length === 0) return;
    throw new StartupError(
      'database',
      'a server is connected to it',
      'Stop all servers first, then try again',
    );
  } finally {
    await connection.close();
  }
}

async function opened(
  config: Config,
  logger: Logger,
  engine: DatabaseEngine,
  end: (outcome: 'keep' | 'discard') => Promise<void>,
): Promise<NewDatabase> {
  const closings: (() => Promise<void>)[] = [];
  const deps: CommandDependencies = commandDependencies(config, logger, engine, closings);
  return {
    deps,
    close: async (outcome) => {
      for (const close of closings) await close();
      await engine.close();
      await end(outcome);
    },
  };
}
