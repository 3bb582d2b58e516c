import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite, type PGliteOptions, type Results } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { Mutex, withTimeout } from 'async-mutex';
import type { PostgresPoolClient } from 'kysely';
import { type ConstructorOptions, fromPglite } from 'pg-boss';
import type { DatabaseEngine } from './database.ts';
import { DatabaseUnavailableError } from './database-errors.ts';
import { lockDirectory } from './directory-lock.ts';
import { embeddedDirectory } from './initialize-embedded.ts';
import { createStatements, type RunStatement } from './prepared-statements.ts';

const usualWaitMilliseconds = 2500;

/** Throws `DirectoryInUseError`. No fsync: data survives a killed process, but no power cut. */
export async function openEmbedded(dataDir: string): Promise<DatabaseEngine> {
  const unlock = lockDirectory(dataDir);
  try {
    if (!existsSync(join(dataDir, embeddedDirectory))) await initializeInChild(dataDir);
    const pglite = await PGlite.create(
      embeddedOptions({ dataDir: join(dataDir, embeddedDirectory) }),
    );
    return embeddedEngine(pglite, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Low memory use, and JavaScript values as from the pg driver: int8 as text, bytea as Buffer. */
export function embeddedOptions(options: PGliteOptions): PGliteOptions {
  const small = [
    'shared_buffers=8MB',
    'max_connections=5',
    'wal_buffers=256kB',
    'max_wal_size=64MB',
    'min_wal_size=32MB',
    // All of it is in memory, the cache of the operating system included: an index is not dearer
    // than the whole table.
    'random_page_cost=1',
  ];
  return {
    ...options,
    extensions: { pg_trgm },
    startParams: [...PGlite.defaultStartParams, ...small.flatMap((setting) => ['-c', setting])],
    parsers: { 20: (value) => value, 17: (value) => Buffer.from(value.slice(2), 'hex') },
  };
}

/** Initialisation needs far more memory than operation, so it runs in a process that then ends. */
async function initializeInChild(dataDir: string): Promise<void> {
  const script = join(import.meta.dirname, 'initialize-embedded.ts');
  const child = spawn(process.execPath, [script, dataDir], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`initialising the embedded database in ${dataDir} failed`);
}

export function embeddedEngine(
  pglite: PGlite,
  unlock: () => void,
  waitMilliseconds = usualWaitMilliseconds,
): DatabaseEngine {
  const queue = createTurnstile();
  const run = createStatements(pglite);
  return {
    name: 'embedded PostgreSQL',
    isEmbedded: true,
    keepsSessions: true,
    pool: {
      options: {},
      connect: createCheckOut(run, queue, waitMilliseconds),
      end: async () => {},
    },
    connections: () => ({ busy: 0, idle: 0, waiting: 0 }),
    jobQueueOptions: { db: jobDatabase(pglite, run, queue), backend: 'pglite' },
    heedJobError: () => {},
    openMigrationConnection: async () => ({
      query: async (text, parameters = []) =>
        (await pglite.query<Record<string, unknown>>(text, parameters)).rows,
      runScript: async (text) => void (await pglite.exec(text)),
      close: async () => {},
    }),
    openBulkConnection: async () => {
      const { embeddedBulk } = await import('./embedded-bulk.ts');
      return embeddedBulk(pglite, await queue.enter(Number.POSITIVE_INFINITY));
    },
    close: async () => {
      await queue.enter(Number.POSITIVE_INFINITY);
      await pglite.close();
      unlock();
    },
  };
}

type JobDatabase = NonNullable<ConstructorOptions['db']>;

/** Statements of the job queue take turns too; a failed one is rolled back within its turn. */
function jobDatabase(pglite: PGlite, run: RunStatement, queue: Turnstile): JobDatabase {
  const adapter = fromPglite({
    query: run as <T>(text: string, values?: unknown[]) => Promise<Results<T>>,
    // A single statement is prepared, a script is not.
    exec: async (text) => (text.includes(';') ? pglite.exec(text) : [await run(text)]),
    listen: (channel, onNotification) => pglite.listen(channel, onNotification),
  });
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const leave = await queue.enter(Number.POSITIVE_INFINITY);
    try {
      return await work();
    } finally {
      leave();
    }
  };
  return {
    executeSql: (text, values) => inTurn(() => adapter.executeSql(text, values)),
    listen: (channel, onNotification, onReconnect) =>
      inTurn(
        async () =>
          adapter.listen?.(channel, onNotification, onReconnect) ?? { close: async () => {} },
      ),
  };
}

/**
 * There is only one connection: asking for a second one inside a transaction times out. Every holder
 * gives kysely the same object, because kysely keeps state for each; but not one that kysely has
 * discarded, as after a rollback that failed.
 */
function createCheckOut(
  run: RunStatement,
  queue: Turnstile,
  waitMilliseconds: number,
): () => Promise<PostgresPoolClient> {
  let leave = (): void => {};
  const release = (destroy = false): void => {
    if (destroy) connection = open();
    leave();
  };
  const open = (): PostgresPoolClient => ({
    query: run as unknown as PostgresPoolClient['query'],
    release,
  });
  let connection = open();
  return async () => {
    leave = await queue.enter(waitMilliseconds);
    return connection;
  };
}

type Turnstile = { enter(waitMilliseconds: number): Promise<() => void> };

/** A statement blocks the thread, so the event loop gets a turn after each holder. */
function createTurnstile(): Turnstile {
  const mutex = new Mutex();
  return {
    enter: async (waitMilliseconds) => {
      const release = await acquireWithin(mutex, waitMilliseconds);
      return () => void setImmediate(release);
    },
  };
}

function acquireWithin(mutex: Mutex, milliseconds: number): Promise<() => void> {
  if (milliseconds === Number.POSITIVE_INFINITY) return mutex.acquire();
  return withTimeout(mutex, milliseconds)
    .acquire()
    .catch(() => {
      throw new DatabaseUnavailableError('the embedded connection is busy');
    });
}
