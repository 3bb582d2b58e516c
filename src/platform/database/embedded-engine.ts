import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import type { PostgresPoolClient } from 'kysely';
import { type ConstructorOptions, fromPglite } from 'pg-boss';
import type { DatabaseEngine } from './database.ts';
import { DatabaseUnavailableError } from './database-errors.ts';
import { lockDirectory } from './directory-lock.ts';
import { embeddedDirectory } from './initialize-embedded.ts';

const acquireMilliseconds = 2500;

/**
 * Opens PostgreSQL in WebAssembly; throws `DirectoryInUseError` if another process has the
 * directory open. It never calls fsync: the data survives a killed process, but not a power cut.
 */
export async function openEmbedded(dataDir: string): Promise<DatabaseEngine> {
  const unlock = lockDirectory(dataDir);
  try {
    if (!existsSync(join(dataDir, embeddedDirectory))) await initializeInChild(dataDir);
    const pglite = await PGlite.create(embeddedOptions({ dataDir: join(dataDir, embeddedDirectory) }));
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
    // All of it is in memory, the cache of the operating system included: an index is not dearer than the whole table.
    'random_page_cost=1',
  ];
  return {
    ...options,
    startParams: [...PGlite.defaultStartParams, ...small.flatMap((setting) => ['-c', setting])],
    parsers: { 20: (value) => value, 17: (value) => Buffer.from(value.slice(2), 'hex') },
  };
}

/** Initialisation needs far more memory than operation, so it runs in a process that then ends. */
async function initializeInChild(dataDir: string): Promise<void> {
  const script = join(import.meta.dirname, 'initialize-embedded.ts');
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`initialising the embedded database in ${dataDir} failed`);
}

export function embeddedEngine(pglite: PGlite, unlock: () => void): DatabaseEngine {
  const queue = createTurnstile();
  return {
    name: 'embedded PostgreSQL',
    isEmbedded: true,
    pool: { options: {}, connect: () => checkOut(pglite, queue), end: async () => {} },
    connections: () => ({ busy: 0, idle: 0, waiting: 0 }),
    jobQueueOptions: { db: jobDatabase(pglite, queue), backend: 'pglite' },
    heedJobError: () => {},
    openMigrationConnection: async () => ({
      query: async (text, parameters = []) =>
        (await pglite.query<Record<string, unknown>>(text, parameters)).rows,
      runScript: async (text) => void (await pglite.exec(text)),
      close: async () => {},
    }),
    close: async () => {
      await queue.enter(Number.POSITIVE_INFINITY);
      await pglite.close();
      unlock();
    },
  };
}

type JobDatabase = NonNullable<ConstructorOptions['db']>;

/** Statements of the job queue take turns too; a failed one is rolled back within its turn. */
function jobDatabase(pglite: PGlite, queue: Turnstile): JobDatabase {
  const adapter = fromPglite(pglite);
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
      inTurn(async () => adapter.listen?.(channel, onNotification, onReconnect) ?? { close: async () => {} }),
  };
}

/** There is only one connection: asking for a second one inside a transaction times out. */
async function checkOut(pglite: PGlite, queue: Turnstile): Promise<PostgresPoolClient> {
  const leave = await queue.enter(acquireMilliseconds);
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    const { rows, affectedRows } = await pglite.query<Record<string, unknown>>(text, [...parameters]);
    const [word = ''] = text.trimStart().split(/\s/, 1);
    return { command: word.toUpperCase(), rowCount: affectedRows ?? rows.length, rows };
  };
  return { query: query as PostgresPoolClient['query'], release: leave };
}

type Turnstile = { enter(waitMilliseconds: number): Promise<() => void> };

/**
 * A FIFO mutex with a timeout. A statement blocks the thread, so the event loop gets a turn after each
 * holder: timers, sockets and probes wait neither for the whole queue nor for a single busy caller.
 */
function createTurnstile(): Turnstile {
  const waiting: { admit: () => void }[] = [];
  let taken = false;
  const admitNext = () => {
    const next = waiting.shift();
    if (next) next.admit();
    else taken = false;
  };
  const leave = () => void setImmediate(admitNext);
  return {
    enter: async (waitMilliseconds) => {
      if (taken) await waitTurn(waiting, waitMilliseconds);
      taken = true;
      return leave;
    },
  };
}

function waitTurn(waiting: { admit: () => void }[], waitMilliseconds: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const entry = { admit: resolve };
  waiting.push(entry);
  if (waitMilliseconds === Number.POSITIVE_INFINITY) return promise;
  const giveUp = () => {
    waiting.splice(waiting.indexOf(entry), 1);
    reject(new DatabaseUnavailableError('the embedded connection is busy'));
  };
  const timer = setTimeout(giveUp, waitMilliseconds);
  entry.admit = () => {
    clearTimeout(timer);
    resolve();
  };
  return promise;
}
