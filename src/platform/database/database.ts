import { AsyncLocalStorage } from 'node:async_hooks';
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
 * Row types by table name. The folder that owns a table adds it by declaration merging.
 *
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface Tables {}

export type Database = Kysely<Tables>;
export type Transaction = KyselyTransaction<Tables>;

/** Runs whole SQL files. A separate connection: its locks span transactions, without timeout. */
export type MigrationConnection = {
  query(text: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>;
  runScript(text: string): Promise<void>;
  close(): Promise<void>;
};

export type DatabaseEngine = {
  readonly name: string;
  /** True if it runs in this process and shares its clock. */
  readonly isEmbedded: boolean;
  readonly pool: PostgresPool;
  /** How many connections are in which state now. */
  connections(): { busy: number; idle: number; waiting: number };
  /** How the job queue connects to this engine. It keeps its own tables there. */
  readonly jobQueueOptions: ConstructorOptions;
  /** Receives errors of the job queue, which may reveal that the engine's connections are stale. */
  heedJobError(error: unknown): void;
  openMigrationConnection(): Promise<MigrationConnection>;
  close(): Promise<void>;
};

export function createDatabase(pool: PostgresPool, log: (event: LogEvent) => void): Database {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), log });
}

type Step = (trx: Transaction) => Promise<void>;

const lastSteps = new AsyncLocalStorage<Step>();

/** Every transaction of `rest` ends with the step, and is rolled back if it throws. */
export function joinTransactions(step: Step, rest: () => void): void {
  lastSteps.run(step, rest);
}

const afterCommits = new WeakMap<Database, (() => void)[]>();

/** Runs the work in one transaction and rolls back if it throws. */
export async function transact<T>(db: Database, work: (trx: Transaction) => Promise<T>): Promise<T> {
  const committed: (() => void)[] = [];
  const result = await db.transaction().execute(async (trx) => {
    afterCommits.set(trx, committed);
    const done = await work(trx);
    await lastSteps.getStore()?.(trx);
    return done;
  });
  for (const tell of committed) tell();
  return result;
}

/** Calls `tell` only if and when the transaction commits; immediately if `db` is no transaction. */
export function afterCommit(db: Database | Transaction, tell: () => void): void {
  const committed = afterCommits.get(db);
  if (committed === undefined) tell();
  else committed.push(tell);
}

/** Rows that one cleanup statement deletes, so that a large backlog does not hit the timeout. */
export const cleanUpRows = 5000;

/** The database's clock, for rows: replicas with skewed clocks agree. */
export const now = sql<Date>`now()`;

export function secondsFromNow(seconds: number) {
  return sql<Date>`now() + make_interval(secs => ${seconds})`;
}
