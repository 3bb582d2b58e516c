import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findFreePort } from '../free-port.ts';
import { atProcessEnd } from '../process-end.ts';
import {
  type Cluster,
  createCluster,
  dataDirectory,
  findPostgresBinaries,
  serverAccount,
} from './postgres-cluster.ts';
import { freeze, logText, type Postmaster, start, stop, stopNow, thaw } from './postmaster.ts';

export type PrivatePostgres = Awaited<ReturnType<typeof startPrivatePostgres>>;

export type PrivatePostgresOptions = {
  /** Settings of postgresql.conf, which win over all others. */
  settings?: Record<string, string>;
  /** Gives up durability for speed; without it a crash loses nothing that was committed. */
  fast?: boolean;
  /**
   * Where the fresh directory is made, such as a small tmpfs; else in the system's place for such.
   */
  parentDirectory?: string;
};

const fastSettings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

/**
 * A PostgreSQL of one's own, from Debian's packages, in a fresh directory and on a free port of
 * 127.0.0.1. Throws, in one line, where PostgreSQL is not installed. `destroy()` may be called
 * again, and also happens at the end of this process; when this process is killed by SIGKILL the
 * server ends too, but its directory stays.
 */
export async function startPrivatePostgres(options: PrivatePostgresOptions = {}) {
  const cluster = await planCluster(options.parentDirectory ?? tmpdir());
  const postmaster: Postmaster = { cluster, process: null };
  const startAndWait = () => start(postmaster, () => isAnswering(cluster));
  const cancelDestruction = atProcessEnd(() => destroy(postmaster));
  const destroyOnce = async () => {
    cancelDestruction();
    destroy(postmaster);
  };
  try {
    await createCluster(cluster, { ...(options.fast ? fastSettings : {}), ...options.settings });
    await startAndWait();
  } catch (error) {
    await destroyOnce();
    throw error;
  }
  return {
    port: cluster.port,
    binaries: cluster.binaries,
    /** Of the server's files, and whom they belong to. */
    dataDirectory: dataDirectory(cluster),
    account: cluster.account,
    url: (database?: string, user?: string, password?: string) =>
      urlOf(cluster, database, user, password),
    /** Over a connection of its own; gives the rows of the last statement. */
    query: (sql: string, database?: string) => query(urlOf(cluster, database), sql),
    stop: (mode: 'fast' | 'immediate') => stop(postmaster, mode),
    start: startAndWait,
    freeze: () => freeze(postmaster),
    thaw: () => thaw(postmaster),
    logText: () => logText(postmaster),
    destroy: destroyOnce,
  };
}

async function planCluster(parentDirectory: string): Promise<Cluster> {
  const binaries = findPostgresBinaries();
  if (binaries === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  const account = serverAccount();
  const port = await findFreePort();
  const directory = mkdtempSync(join(parentDirectory, 'adl-postgres-'));
  return { binaries, account, port, directory, password: randomBytes(18).toString('base64url') };
}

async function isAnswering(cluster: Cluster): Promise<boolean> {
  return query(urlOf(cluster), 'SELECT 1').then(
    () => true,
    () => false,
  );
}

function urlOf(
  cluster: Cluster,
  database = 'postgres',
  user = 'adl',
  password = cluster.password,
): string {
  const [name, word, place] = [user, password, database].map(encodeURIComponent);
  return `postgresql://${name}:${word}@127.0.0.1:${cluster.port}/${place}`;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const timeouts = { connectionTimeoutMillis: 5000, query_timeout: 60_000 };
  const client = new pg.Client({ connectionString: url, ...timeouts });
  // A connection lost between two statements; the query under way fails by itself.
  client.on('error', () => {});
  await client.connect();
  try {
    // Several statements give several results, whatever the types say.
    const results = [await client.query<Record<string, unknown>>(sql)].flat();
    return results.at(-1)?.rows ?? [];
  } finally {
    await client.end();
  }
}

function destroy(postmaster: Postmaster): void {
  stopNow(postmaster);
  rmSync(postmaster.cluster.directory, { recursive: true, force: true });
}
