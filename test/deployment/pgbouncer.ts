import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from '../faults/eventually.ts';
import { findFreePort } from '../free-port.ts';
import { serverAccount } from '../postgres/postgres-cluster.ts';
import { type PrivatePostgres, startPrivatePostgres } from '../postgres/private-postgres.ts';
import { type Program, startProgram } from './program.ts';

type Lifetime = { after(end: () => unknown): void };

export type PooledDatabase = {
  postgres: PrivatePostgres;
  pgbouncer: Program;
  /** Variables of a server that uses both ways. */
  env: { DATABASE_URL: string; DATABASE_DIRECT_URL: string };
};

const program = existsSync('/usr/sbin/pgbouncer') ? '/usr/sbin/pgbouncer' : 'pgbouncer';

/** The reason to skip the tests, or false. */
export const withoutPgbouncer = existsSync(program) ? false : 'pgbouncer is not installed';

/** PostgreSQL, and Debian's PgBouncer in front of it with deploy/pgbouncer, as `change` has it. */
export async function startPooledDatabase(
  t: Lifetime,
  change = (configuration: string) => configuration,
): Promise<PooledDatabase> {
  const postgres = await startPrivatePostgres();
  t.after(() => postgres.destroy());
  await postgres.query("CREATE ROLE service LOGIN PASSWORD 'of the tests'");
  await postgres.query('CREATE DATABASE adl OWNER service');
  const [role] = await postgres.query(
    "SELECT rolpassword FROM pg_authid WHERE rolname = 'service'",
  );
  const port = await findFreePort();
  const directory = mkdtempSync(join(tmpdir(), 'adl-pgbouncer-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const users = join(directory, 'userlist.txt');
  const file = join(directory, 'pgbouncer.ini');
  const configuration = readFileSync(
    join(import.meta.dirname, '../../deploy/pgbouncer/pgbouncer.ini'),
    'utf8',
  )
    .replace('port=5432', `port=${postgres.port}`)
    .replace('listen_port = 6432', `listen_port = ${port}`)
    .replace('/etc/pgbouncer/userlist.txt', users);
  writeFileSync(users, `"service" "${role?.rolpassword}"\n`, { mode: 0o600 });
  writeFileSync(file, change(configuration));
  const account = serverAccount();
  // It refuses to be root.
  if (account.uid !== undefined && account.gid !== undefined)
    for (const path of [directory, users, file]) chownSync(path, account.uid, account.gid);
  const pgbouncer = startProgram(t, [program, file], account);
  const direct = postgres.url('adl', 'service', 'of the tests');
  const pooled = new URL(direct);
  pooled.port = String(port);
  await eventually('PgBouncer answers', () => isAnswering(pooled.href));
  return { postgres, pgbouncer, env: { DATABASE_URL: pooled.href, DATABASE_DIRECT_URL: direct } };
}

async function isAnswering(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
