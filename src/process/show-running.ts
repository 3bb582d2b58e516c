import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { version } from '../configuration/version.ts';
import { type Database, type DatabaseEngine, queriesOn } from '../platform/database/database.ts';
import { requireReleaseFits, schemaNumber } from '../platform/database/migrate.ts';
import { SchemaConflictError } from '../platform/database/schema-compatibility.ts';
import {
  removeProcess,
  type ServerProcess,
  seenMilliseconds,
  showProcess,
} from '../platform/database/server-processes.ts';
import type { Logger } from '../platform/logging/logger.ts';

export type Shown = { close(): Promise<void> };

export function describeSelf(): ServerProcess {
  return {
    id: randomUUID(),
    host: hostname(),
    pid: process.pid,
    release: version,
    schema: schemaNumber(),
  };
}

type Deps = { db: Database; engine: Pick<DatabaseEngine, 'isEmbedded'>; logger: Logger };

/**
 * Shows every few seconds that this process runs, so that no release takes from the schema what it
 * needs. Ends the process where that happened all the same, as after a long freeze. Nobody else can
 * open the embedded database.
 */
export function showRunning({ db, engine, logger }: Deps, self: ServerProcess): Shown {
  if (engine.isEmbedded) return { close: async () => {} };
  const connection = queriesOn(db);
  let showing = Promise.resolve();
  let isTold = false;
  const tell = (): void => {
    if (!isTold) logger.warn(hidden);
    isTold = true;
  };
  const show = async (): Promise<void> => {
    try {
      await requireReleaseFits(connection);
      if (!(await showProcess(connection, self))) tell();
    } catch (error) {
      if (error instanceof SchemaConflictError) end(error, logger);
      // Otherwise the database is away, which others tell.
    }
    timer.refresh();
  };
  const timer = setTimeout(() => {
    showing = show();
  }, seenMilliseconds).unref();
  showing = show();
  return {
    close: async () => {
      await showing;
      clearTimeout(timer);
      await removeProcess(connection, self.id).catch(() => {});
    },
  };
}

const hidden =
  'migrations: failed - other releases cannot see that this process runs. adl doctor names the GRANT for server_processes';

function end({ problem, fix }: SchemaConflictError, logger: Logger): never {
  logger.fatal(`migrations: failed - ${problem}. ${fix}`);
  process.exit(1);
}
