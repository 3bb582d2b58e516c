import {
  Kysely,
  type Transaction as KyselyTransaction,
  type LogEvent,
  PostgresDialect,
  type PostgresPool,
  sql,
} from 'kysely';
import type { ConstructorOptions } from 'pg-boss';

/**
 * The rows of each table by its name. The folder that owns a table adds it, by declaration merging.
 *
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface Tables {}

export type Database = Kysely<Tables>;
export type Transaction = KyselyTransaction<Tables>;

/** Runs whole SQL files. A connection of its own: it holds locks over several transactions and knows no timeout. */
export type MigrationConnection = {
  query(text: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>;
  runScript(text: string): Promise<void>;
  close(): Promise<void>;
};

/** One of the two engines, ready to be queried. */
export type DatabaseEngine = {
  readonly name: string;
  /** It runs in this process, and has its time. */
  readonly isEmbedded: boolean;
  readonly pool: PostgresPool;
  /** How the job queue reaches this engine: it keeps tables of its own there. */
  readonly jobQueueOptions: ConstructorOptions;
  /** Told of what fails there, which may say something of the engine's own connections. */
  heedJobError(error: unknown): void;
  openMigrationConnection(): Promise<MigrationConnection>;
  close(): Promise<void>;
};

/** Both engines speak PostgreSQL through the same dialect: one code, whichever runs. */
export function createDatabase(pool: PostgresPool, log: (event: LogEvent) => void): Database {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), log });
}

const afterCommits = new WeakMap<Database, (() => void)[]>();

/** Runs the work in one transaction: all of it is committed, or nothing where it throws. */
export async function transact<T>(db: Database, work: (trx: Transaction) => Promise<T>): Promise<T> {
  const committed: (() => void)[] = [];
  const result = await db.transaction().execute((trx) => {
    afterCommits.set(trx, committed);
    return work(trx);
  });
  for (const tell of committed) tell();
  return result;
}

/** Calls `tell` once the transaction is committed, and never where it is not; at once where `db` is none. */
export function afterCommit(db: Database | Transaction, tell: () => void): void {
  const committed = afterCommits.get(db);
  if (committed === undefined) tell();
  else committed.push(tell);
}

/** How many rows a clean-up takes at a time, so that a great backlog breaks no deadline. */
export const cleanUpRows = 5000;

/**
 * The database's clock. What is kept in rows asks it, so that replicas with skewed clocks agree; access tokens go by
 * what a process knows of it, limits in memory by no time of day at all.
 */
export const now = sql<Date>`now()`;

export function secondsFromNow(seconds: number) {
  return sql<Date>`now() + make_interval(secs => ${seconds})`;
}
