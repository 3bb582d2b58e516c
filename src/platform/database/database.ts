import {
  CompiledQuery,
  Kysely,
  type Transaction as KyselyTransaction,
  type LogEvent,
  PostgresDialect,
  type PostgresPool,
  type RawBuilder,
  sql,
} from 'kysely';
import type { ConstructorOptions } from 'pg-boss';
import { currentLastTransaction, type OpenTransaction } from './last-transaction.ts';

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

/** Of one table the columns that are copied, in this order. */
export type CopiedTable = { name: string; columns: readonly string[] };

/**
 * One connection for long transactions, without time limits, that also copies tables as text: a
 * line a row. While it is open, the embedded database serves nobody else.
 */
export type BulkConnection = MigrationConnection & {
  /** Queries of this pool run on this connection. */
  readonly pool: PostgresPool;
  copyOut(table: CopiedTable): AsyncIterable<Buffer>;
  /** The chunks end where rows end. */
  copyIn(table: CopiedTable, rows: AsyncIterable<Buffer>): Promise<void>;
};

export type DatabaseEngine = {
  readonly name: string;
  /** True if it runs in this process and shares its clock. */
  readonly isEmbedded: boolean;
  readonly pool: PostgresPool;
  /** How many connections are in which state now. */
  connections(): { busy: number; idle: number; waiting: number };
  /** False behind a pooler that gives each transaction another session: nothing can LISTEN. */
  readonly keepsSessions: boolean;
  /** How the job queue connects to this engine. It keeps its own tables there. */
  readonly jobQueueOptions: ConstructorOptions;
  /** Receives errors of the job queue, which may reveal that the engine's connections are stale. */
  heedJobError(error: unknown): void;
  openMigrationConnection(): Promise<MigrationConnection>;
  openBulkConnection(): Promise<BulkConnection>;
  close(): Promise<void>;
};

export function createDatabase(pool: PostgresPool, log: (event: LogEvent) => void): Database {
  const connect = () => {
    const last = currentLastTransaction<Transaction>();
    return last === undefined ? pool.connect() : last.connect(() => pool.connect());
  };
  const dialect = new PostgresDialect({
    pool: { options: pool.options, connect, end: () => pool.end() },
  });
  return new Kysely<Tables>({ dialect, log });
}

/** Plain statements on this connection, for what also runs before there is a pool. */
export function queriesOn(db: Database | Transaction): Pick<MigrationConnection, 'query'> {
  return {
    query: async (text, parameters = []) =>
      (await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, parameters))).rows,
  };
}

const afterCommits = new WeakMap<Database, (() => void)[]>();

/** Runs the work in one transaction and rolls back if it throws. */
export async function transact<T>(
  db: Database,
  work: (trx: Transaction) => Promise<T>,
): Promise<T> {
  const transaction = await openTransaction(db);
  try {
    const done = await work(transaction.trx);
    const last = currentLastTransaction<Transaction>();
    await (last === undefined ? transaction.commit() : last.end(transaction));
    return done;
  } catch (error) {
    await transaction.rollBack();
    throw error;
  }
}

async function openTransaction(db: Database): Promise<OpenTransaction<Transaction>> {
  const trx = await db.startTransaction().execute();
  const committed: (() => void)[] = [];
  afterCommits.set(trx, committed);
  const rollBack = async () => {
    // The connection is released in any case; one that is lost has nothing to roll back.
    if (!trx.isCommitted && !trx.isRolledBack)
      await trx
        .rollback()
        .execute()
        .catch(() => {});
  };
  const commit = async () => {
    await trx.commit().execute();
    for (const tell of committed) tell();
  };
  return { trx, commit, rollBack };
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

export function secondsFromNow(seconds: number | RawBuilder<number>) {
  return sql<Date>`now() + make_interval(secs => ${seconds})`;
}
