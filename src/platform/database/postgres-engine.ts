import pg from 'pg';
import type { DatabaseEngine, MigrationConnection } from './database.ts';
import { checkOut } from './postgres-checkout.ts';
import { createPrimaryConnections } from './primary-connections.ts';
import { createStatementNames, unnamed } from './statement-names.ts';

/**
 * Time limits: one second for a connection, less than two for a lock or a statement, which the
 * server enforces, and 2.9 seconds for everything that one checkout does.
 */
const acquireMilliseconds = 1000;
const lockMilliseconds = 1500;
const statementMilliseconds = 1800;
const checkoutMilliseconds = 2900;

const sessionLimits = {
  lock_timeout: lockMilliseconds,
  statement_timeout: statementMilliseconds,
  idle_in_transaction_session_timeout: 2 * checkoutMilliseconds,
};

/** Outside the pool, so that mail and requests do not wait for each other. One more listens. */
const jobConnections = 2;

type PostgresOptions = {
  url: string;
  poolSize: number;
  /** Set where `url` leads to PgBouncer in transaction mode; this leads around it. */
  directUrl?: string | undefined;
};

export function openPostgres({ url, poolSize, directUrl }: PostgresOptions): DatabaseEngine {
  const connectionString = withExplicitTls(url);
  const { stream, verify, heed } = createPrimaryConnections(acquireMilliseconds);
  const pool = new pg.Pool({
    connectionString,
    max: poolSize,
    application_name: 'adl',
    connectionTimeoutMillis: acquireMilliseconds,
    idleTimeoutMillis: 30_000,
    // PgBouncer refuses them; its connect_query sets them instead.
    ...(directUrl === undefined ? sessionLimits : {}),
    keepAlive: true,
    stream,
    verify,
  });
  // A pooler in transaction mode gives each transaction another session.
  const names = directUrl === undefined ? createStatementNames() : unnamed;
  const checkouts = { pool, heed, names, milliseconds: checkoutMilliseconds };
  // The server closed an idle connection: the pool has already removed it.
  pool.on('error', () => {});
  // A connection lost while checked out also fails its query, where the error is handled. Without a
  // listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  const jobQueueOptions = {
    connectionString,
    application_name: 'adl jobs',
    max: jobConnections,
    connectionTimeoutMillis: acquireMilliseconds,
    stream,
  };
  return {
    name: 'PostgreSQL',
    isEmbedded: false,
    keepsSessions: directUrl === undefined,
    pool: {
      options: {},
      connect: () => checkOut(checkouts),
      end: () => pool.end(),
    },
    connections: () => {
      const { totalCount, idleCount: idle, waitingCount: waiting } = pool;
      return { busy: totalCount - idle, idle, waiting };
    },
    jobQueueOptions,
    heedJobError: heed,
    openMigrationConnection: () => connectForMigrations(withExplicitTls(directUrl ?? url)),
    // Loaded where it is needed: the service itself copies nothing.
    openBulkConnection: async () =>
      (await import('./postgres-bulk.ts')).connectForBulk(withExplicitTls(directUrl ?? url)),
    close: async () => {
      if (!pool.ended) await pool.end();
    },
  };
}

/** pg treats these modes as `verify-full`, but prints a long deprecation warning at each start. */
function withExplicitTls(url: string): string {
  if (/[?&]uselibpqcompat=true/.test(url)) return url;
  return url.replace(/(?<=[?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/, 'verify-full');
}

async function connectForMigrations(connectionString: string): Promise<MigrationConnection> {
  const client = new pg.Client({
    connectionString,
    application_name: 'adl migrations',
    // Whatever the role's limit is. PgBouncer refuses it, and no migration may pass through there.
    options: '-c statement_timeout=0',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  });
  // A lost connection also fails the current query, where the error is handled.
  client.on('error', () => {});
  await client.connect();
  return {
    query: async (text, parameters = []) =>
      (await client.query<Record<string, unknown>>(text, parameters)).rows,
    runScript: async (text) => void (await client.query(text)),
    close: () => client.end(),
  };
}
