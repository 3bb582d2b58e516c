import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPostgresBinaries } from '../postgres/postgres-cluster.ts';
import {
  type PrivatePostgres,
  type PrivatePostgresOptions,
  startPrivatePostgres,
} from '../postgres/private-postgres.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { type ServerOptions, type ServerProcess, startServer } from './server-process.ts';

export type DatabaseService = {
  server: ServerProcess;
  postgres: PrivatePostgres;
  /** In the service's database, but as the superuser, whom no limit affects. */
  query: PrivatePostgres['query'];
};

export const withoutPostgres =
  findPostgresBinaries() === null ? 'PostgreSQL is not installed' : false;

type StartOptions = Pick<ServerOptions, 'wrapper' | 'readyTimeoutMs' | 'waitReady' | 'entry'> & {
  postgres?: PrivatePostgresOptions;
  /** A name for 127.0.0.1 in the address of the database. */
  host?: string;
};

const poolSize = 10;

const ownEnvironment = {
  // All clients share one address.
  RATE_LIMIT_PER_HOUR: '0',
  RATE_LIMIT_ACCOUNT_PER_HOUR: '0',
  CORS_ORIGINS: 'https://app.example.com',
  DATABASE_POOL_SIZE: String(poolSize),
  // Most of a start is compilation, and there are many starts.
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../.tmp/compile-cache'),
};

/**
 * A server with an unprivileged role on its own durable PostgreSQL. `route` returns the port to
 * connect to instead of the database's.
 */
export async function startDatabaseService(
  t: { after(end: () => unknown): void },
  env: Record<string, string> = {},
  route: (port: number) => Promise<number> = async (port) => port,
  options: StartOptions = {},
): Promise<DatabaseService> {
  const postgres = await startPrivatePostgres(options.postgres);
  t.after(() => postgres.destroy());
  await postgres.query("CREATE ROLE service LOGIN PASSWORD 'of the tests'");
  await postgres.query('CREATE DATABASE adl OWNER service');
  const url = new URL(postgres.url('adl', 'service', 'of the tests'));
  url.port = String(await route(postgres.port));
  if (options.host !== undefined) url.hostname = options.host;
  const server = await startUnlimited(t, { DATABASE_URL: url.href, ...env }, options);
  const query: PrivatePostgres['query'] = (sql) => postgres.query(sql, 'adl');
  return { server, postgres, query };
}

export function startUnlimited(
  t: { after(end: () => unknown): void },
  env: Record<string, string>,
  options: StartOptions = {},
): Promise<ServerProcess> {
  return startServer(t, { env: { ...ownEnvironment, ...env }, ...options });
}

/** In its own directory; closed at the latest when the test ends. */
export async function newLedger(t: {
  after(end: () => unknown): void;
}): Promise<{ ledger: Ledger; file: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'adl-ledger-'));
  const file = join(directory, 'ledger.jsonl');
  const ledger = await openLedger(file);
  t.after(async () => {
    await ledger.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { ledger, file };
}

/**
 * Fails unless, soon, every connection of the service is idle, none is in a transaction, and none
 * exceeds the pool.
 */
export async function assertPoolAtRest({ query }: Pick<DatabaseService, 'query'>): Promise<void> {
  const deadline = performance.now() + 3000;
  for (;;) {
    const rows = await query(
      "SELECT state FROM pg_stat_activity WHERE usename = 'service' AND application_name = 'adl'",
    );
    const isAtRest = rows.length <= poolSize && rows.every(({ state }) => state === 'idle');
    if (isAtRest) return;
    assert.ok(performance.now() < deadline, `not at rest: ${JSON.stringify(rows)}`);
    await sleep(100);
  }
}

/** Milliseconds until the service reports that it is ready. */
export async function untilReady(server: ServerProcess): Promise<number> {
  const started = performance.now();
  await server.untilReady(10_000);
  return performance.now() - started;
}
