import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { credentialsOf } from '../factories.ts';
import { findPostgresBinaries } from '../postgres/postgres-cluster.ts';
import { type PrivatePostgres, startPrivatePostgres } from '../postgres/private-postgres.ts';
import { eventually } from './eventually.ts';
import { createRelease } from './newer-release.ts';
import { startServer } from './server-process.ts';

const root = join(import.meta.dirname, '../..');
const names = readdirSync(join(root, 'migrations'))
  .filter((file) => file.endsWith('.sql'))
  .map((file) => file.slice(0, -4))
  .toSorted();
const rounds = Number(process.env.FAULT_ROUNDS ?? 5);

let postgres: PrivatePostgres;
before(async () => {
  postgres = await startPrivatePostgres({ fast: true });
});
after(() => postgres.destroy());

test(`FI-31 four processes starting at once migrate a database once, ${rounds} times`, async (t) => {
  for (let round = 0; round < rounds; round++) {
    const database = await createDatabase(`together_${round}`);
    const env = { DATABASE_URL: postgres.url(database) };
    const starts = Array.from({ length: 4 }, () => startServer(t, { env, waitReady: false }));
    const servers = await Promise.all(starts);
    await Promise.all(servers.map((server) => server.untilReady(30_000)));
    const applied = servers.flatMap((server) => server.logs().match(/\d{4}_\w+/g) ?? []);
    assert.deepEqual(applied.toSorted(), names);
    assert.deepEqual(await appliedTo(database), names);
    await Promise.all(servers.map((server) => server.kill9()));
  }
  assert.doesNotMatch(postgres.logText(), /deadlock|duplicate key/);
});

describe('FI-32 a migration that fails', () => {
  let whole: string;
  before(async () => {
    const database = await createDatabase('undisturbed');
    const ends: (() => unknown)[] = [];
    await startServer(
      { after: (end) => ends.push(end) },
      { env: { DATABASE_URL: postgres.url(database) } },
    );
    for (const end of ends) await end();
    whole = await schemaOf(database);
  });

  // The migration needs this name, so it waits, half done, for the transaction that holds it.
  for (const [held, migration] of [
    ['users_email_unique', '0001_users'],
    ['sessions_live', '0003_sessions'],
  ] as const) {
    test(`SIGKILL during ${migration} leaves nothing of it; the next start runs it`, async (t) => {
      const database = await createDatabase(`killed_${held}`);
      const env = { DATABASE_URL: postgres.url(database) };
      const release = await hold(t, database, held);
      const killed = await startServer(t, { env, waitReady: false });
      await eventually('a migration waits', () => isMigrationWaiting(database));
      // A proxy in front of it tries another replica.
      await assert.rejects(killed.request('GET', '/health/live'), /ECONNREFUSED/);
      const schema = await schemaOf(database);
      await killed.kill9();
      // It must wait for the dead process's backend, which PostgreSQL is still running.
      const next = await startServer(t, { env, waitReady: false });
      await eventually(
        'the next one waits',
        async () => (await migrationConnections(database)) === 2,
      );
      assert.equal(await schemaOf(database), schema);
      assert.deepEqual(await appliedTo(database), names.slice(0, names.indexOf(migration)));
      await release();
      await next.untilReady();
      assert.deepEqual(await appliedTo(database), names);
      assert.equal(await schemaOf(database), whole);
      assert.match(next.logs(), new RegExp(`migrations: ok \\(applied ${migration}`));
    });
  }

  test('a role without CREATE fails naming the migration, or serves if none is pending', async (t) => {
    await postgres.query("CREATE ROLE limited LOGIN PASSWORD 'hidden-word'");
    const database = await createDatabase('limited');
    const schema = await schemaOf(database);
    const env = { DATABASE_URL: postgres.url(database, 'limited', 'hidden-word') };
    await assertFails(
      t,
      env,
      /migration 0001_users failed: permission denied for schema public \(42501\)/,
    );
    assert.equal(await schemaOf(database), schema);

    await (await startServer(t, { env: { DATABASE_URL: postgres.url(database) } })).kill9();
    await postgres.query('GRANT USAGE ON SCHEMA jobs TO limited', database);
    const rights = 'SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, jobs';
    await postgres.query(`GRANT ${rights} TO limited`, database);
    const server = await startServer(t, { env });
    await assertServes(server);
  });

  test('a conflicting object is reported with its migration, and can then be removed', async (t) => {
    const database = await createDatabase('conflict');
    await postgres.query('CREATE TABLE admins (id int)', database);
    const env = { DATABASE_URL: postgres.url(database) };
    await assertFails(
      t,
      env,
      /migration 0002_admins failed: relation "admins" already exists \(42P07\)/,
    );
    assert.deepEqual(await appliedTo(database), ['0001_users']);
    await postgres.query('DROP TABLE admins', database);
    await startServer(t, { env });
    assert.equal(await schemaOf(database), whole);
  });

  test('while the migration of a newer release fails, the older one keeps serving', async (t) => {
    const database = await createDatabase('newer');
    const env = { DATABASE_URL: postgres.url(database) };
    const older = await startServer(t, { env });
    const script =
      '-- compatible-with: 0012\nCREATE TABLE half (id int); SELECT nothing FROM nowhere;';
    const newer = createRelease(t, '9999_newer', script);
    await assertFails(
      t,
      env,
      /migration 9999_newer failed: relation "nowhere" does not exist/,
      newer,
    );
    assert.equal(await schemaOf(database), whole);
    await assertServes(older);
  });
});

async function createDatabase(name: string): Promise<string> {
  await postgres.query(`CREATE DATABASE ${name}`);
  return name;
}

/**
 * Creates a table of that name in a transaction that stays open until the returned function is
 * called.
 */
async function hold(t: TestContext, database: string, name: string): Promise<() => Promise<void>> {
  const client = new pg.Client({
    connectionString: postgres.url(database),
    application_name: 'holder',
  });
  await client.connect();
  await client.query(`BEGIN; CREATE TABLE ${name} ()`);
  const release = () => client.end();
  t.after(release);
  return release;
}

async function isMigrationWaiting(database: string): Promise<boolean> {
  return (await migrationConnections(database, "AND wait_event_type = 'Lock'")) === 1;
}

async function migrationConnections(database: string, condition = ''): Promise<number> {
  const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'adl migrations'
    AND datname = '${database}' ${condition}`;
  const [row] = await postgres.query(sql);
  return Number(row?.n);
}

async function appliedTo(database: string): Promise<unknown[]> {
  const [row] = await postgres.query("SELECT to_regclass('schema_migrations') AS found", database);
  if (row?.found === null) return [];
  const rows = await postgres.query('SELECT name FROM schema_migrations ORDER BY name', database);
  return rows.map(({ name }) => name);
}

/** The output of pg_dump without the line that is random each time. */
async function schemaOf(database: string): Promise<string> {
  const options = ['--schema-only', '--no-owner', '--no-privileges', postgres.url(database)];
  const { stdout } = await promisify(execFile)(
    join(findPostgresBinaries() ?? '', 'pg_dump'),
    options,
  );
  return stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
}

async function assertFails(
  t: TestContext,
  env: Record<string, string>,
  line: RegExp,
  entry?: string,
): Promise<void> {
  const started = performance.now();
  const server = await startServer(t, {
    env,
    waitReady: false,
    ...(entry === undefined ? {} : { entry }),
  });
  const { code } = await server.exited;
  const ms = performance.now() - started;
  assert.equal(code, 1);
  assert.ok(ms < 5000, `${ms} ms`);
  const failures = server.stdoutLines().filter((text) => text.includes('failed'));
  assert.equal(failures.length, 1, server.logs());
  assert.match(JSON.parse(failures[0] ?? '{}').msg, line);
  assert.doesNotMatch(server.logs(), /"stack"|hidden-word/);
}

async function assertServes(server: {
  request: Awaited<ReturnType<typeof startServer>>['request'];
}) {
  const body = {
    username: 'somebody',
    email: 'somebody@example.com',
    password: 'violet harbour anvil 93',
  };
  assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  assert.equal(
    (await server.request('POST', '/api/users/login', { body: credentialsOf(body) })).status,
    200,
  );
}
