import { execFile } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { eventually } from '../faults/eventually.ts';
import { findFreePort } from '../free-port.ts';
import { findPostgresBinaries, serverAccount } from '../postgres/postgres-cluster.ts';
import { type Program, startProgram, withoutProgram } from './program.ts';

type Lifetime = { after(end: () => unknown): void };

export type Node = { port: number; keeper: Program; start: () => Program };

/** Debian's; what the package made it for. */
const sockets = '/var/run/postgresql';
const files = join(import.meta.dirname, '../../deploy/postgresql-failover');

/** The reason to skip the tests, or false. */
export const withoutFailover =
  withoutProgram('pg_autoctl', 'pg-auto-failover-cli') || withoutProgram('haproxy');

/**
 * deploy/postgresql-failover on this machine: a monitor, two PostgreSQL nodes that replicate
 * synchronously, and HAProxy, which leads to the primary.
 */
export async function startFailoverCluster(t: Lifetime) {
  const directory = mkdtempSync(join(tmpdir(), 'adl-failover-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const account = serverAccount();
  if (account.uid !== undefined && account.gid !== undefined)
    chownSync(directory, account.uid, account.gid);
  const environment = {
    PATH: [findPostgresBinaries(), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    LANG: 'C.UTF-8',
    HOME: directory,
    XDG_CONFIG_HOME: join(directory, 'config'),
    XDG_DATA_HOME: join(directory, 'share'),
    XDG_RUNTIME_DIR: join(directory, 'run'),
  };
  const place = { ...account, cwd: directory };
  const setUp = (program: string, parameters: string[], env: Record<string, string> = {}) =>
    promisify(execFile)(program, parameters, { ...place, env: { ...environment, ...env } });
  const run = (pgdata: string) =>
    startProgram(t, ['pg_autoctl', 'run', '--pgdata', pgdata], { ...place, env: environment });

  const monitorPort = await findFreePort();
  const monitorData = join(directory, 'monitor');
  const security = ['--auth', 'scram-sha-256', '--ssl-self-signed'];
  const its = ['--pgdata', monitorData, '--pgport', String(monitorPort), '--hostname', '127.0.0.1'];
  await setUp('pg_autoctl', ['create', 'monitor', ...its, ...security]);
  run(monitorData);
  const monitor = (text: string) =>
    ask({ host: sockets, port: monitorPort, user: 'postgres', database: 'pg_auto_failover' }, text);
  await eventually('the monitor answers', () => succeeds(monitor('SELECT 1')), 30_000);
  for (const statement of statementsOf(readFileSync(join(files, 'monitor.sql'), 'utf8')))
    await monitor(statement);
  await monitor("ALTER USER autoctl_node PASSWORD 'monitor'");

  const addNode = async (name: string): Promise<Node> => {
    const port = await findFreePort();
    const pgdata = join(directory, name);
    await setUp(join(files, 'keeper.sh'), [], {
      PGDATA: pgdata,
      ADDRESS: '127.0.0.1',
      PORT: String(port),
      LISTEN: '127.0.0.1',
      MONITOR: `postgres://autoctl_node:monitor@127.0.0.1:${monitorPort}/pg_auto_failover?sslmode=require`,
      REPLICATION_PASSWORD: 'replication',
      CLIENTS: '127.0.0.1/32',
    });
    return { port, keeper: run(pgdata), start: () => run(pgdata) };
  };
  const states = async () => {
    const rows = await monitor(
      'SELECT nodeport::int AS port, reportedstate::text AS state FROM pgautofailover.node',
    );
    return new Map(rows.map(({ port, state }) => [Number(port), String(state)]));
  };
  const superuser = (port: number, text: string) =>
    ask({ host: sockets, port, user: 'postgres', database: 'adl' }, text);

  const first = await addNode('a');
  await eventually('it runs', () => succeeds(superuser(first.port, 'SELECT 1')), 60_000);
  await superuser(first.port, "CREATE ROLE adl LOGIN PASSWORD 'of the tests'");
  await superuser(first.port, 'CREATE ROLE adl_check LOGIN');
  await superuser(first.port, 'ALTER DATABASE adl OWNER TO adl');
  await superuser(first.port, "ALTER USER pgautofailover_replicator PASSWORD 'replication'");
  const second = await addNode('b');
  await eventually(
    'the second follows synchronously',
    async () => {
      const now = await states();
      return now.get(first.port) === 'primary' && now.get(second.port) === 'secondary';
    },
    60_000,
  );
  const proxyPort = await findFreePort();
  startProgram(t, ['haproxy', '-db', '-f', join(files, 'haproxy.cfg')], {
    env: {
      LISTEN: `127.0.0.1:${proxyPort}`,
      NODE_A: `127.0.0.1:${first.port}`,
      NODE_B: `127.0.0.1:${second.port}`,
    },
  });
  const url = `postgresql://adl:of%20the%20tests@127.0.0.1:${proxyPort}/adl`;
  await eventually('HAProxy has found the primary', () =>
    succeeds(ask({ connectionString: url }, 'SELECT 1')),
  );
  return { url, nodes: [first, second] as const, states, superuser };
}

/** ALTER SYSTEM refuses to be one of several in a message. */
function statementsOf(script: string): string[] {
  const text = script.replace(/^--.*$/gm, '');
  return text
    .split(';')
    .map((statement) => statement.trim())
    .filter(Boolean);
}

async function ask(options: pg.ClientConfig, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    connectionTimeoutMillis: 2000,
    query_timeout: 20_000,
    ...options,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    const results = [await client.query<Record<string, unknown>>(text)].flat();
    return results.at(-1)?.rows ?? [];
  } finally {
    await client.end().catch(() => {});
  }
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
