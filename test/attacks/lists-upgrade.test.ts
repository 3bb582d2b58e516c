import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import pg from 'pg';
import type { MigrationConnection } from '../../src/platform/database/database.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { openPostgres } from '../../src/platform/database/postgres-engine.ts';
import { onPostgres } from '../test-database.ts';

const migrations = join(import.meta.dirname, '../../migrations');
const skip = !onPostgres && 'the embedded engine has one role, which may do everything';

/** The migrations of the release before the counts. */
function earlierMigrations(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'adl-earlier-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const name of readdirSync(migrations).filter((file) => file < '0008'))
    cpSync(join(migrations, name), join(directory, name));
  return directory;
}

/** A new database of a new role that is no superuser, and a connection as that role. */
async function ownDatabase(t: TestContext, prepare: (role: string) => string[] = () => []) {
  const name = `adl_upgrade_${randomBytes(6).toString('hex')}`;
  const url = new URL(process.env.TEST_DATABASE_URL ?? '');
  const administer = async (target: string, ...statements: string[]) => {
    const client = new pg.Client({ connectionString: target });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  await administer(
    url.href,
    `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`,
    `CREATE DATABASE ${name}`,
  );
  const inside = new URL(url.href);
  inside.pathname = `/${name}`;
  await administer(inside.href, `GRANT CREATE ON SCHEMA public TO ${name}`, ...prepare(name));
  inside.username = name;
  inside.password = name;
  const engine = openPostgres({ url: inside.href, poolSize: 1 });
  const connection = await engine.openMigrationConnection();
  t.after(async () => {
    await connection.close();
    await engine.close();
    await administer(url.href, `DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${name}`);
  });
  return connection;
}

async function indexesOf(connection: MigrationConnection): Promise<string[]> {
  const rows = await connection.query(
    "SELECT indexname AS name FROM pg_indexes WHERE indexname IN ('users_search', 'users_full_name')",
  );
  return rows.map(({ name }) => String(name));
}

describe('the upgrade to kept counts and indexed searches', { skip }, () => {
  test('a role that may not create pg_trgm gets the index of beginnings', async (t) => {
    const connection = await ownDatabase(t);
    await migrate(connection);
    assert.deepEqual(await indexesOf(connection), ['users_full_name']);
    assert.deepEqual(
      await connection.query("SELECT FROM pg_extension WHERE extname = 'pg_trgm'"),
      [],
    );
  });

  test('a role that may create it gets the index of parts, and so does one that finds it elsewhere', async (t) => {
    const creating = await ownDatabase(t, (role) => [
      `DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ${role}', current_database()); END $$`,
    ]);
    const finding = await ownDatabase(t, (role) => [
      'CREATE SCHEMA "other place"',
      'CREATE EXTENSION pg_trgm SCHEMA "other place"',
      `GRANT USAGE ON SCHEMA "other place" TO ${role}`,
    ]);
    const hidden = await ownDatabase(t, () => [
      'CREATE SCHEMA hidden',
      'CREATE EXTENSION pg_trgm SCHEMA hidden',
    ]);
    for (const connection of [creating, finding, hidden]) await migrate(connection);
    assert.deepEqual(await indexesOf(creating), ['users_search']);
    assert.deepEqual(await indexesOf(finding), ['users_search']);
    assert.deepEqual(await indexesOf(hidden), ['users_full_name']);
  });

  test('users and sign-ins of before are counted, once, and those of after as well', async (t) => {
    const connection = await ownDatabase(t);
    await migrate(connection, earlierMigrations(t));
    const insertUsers = (from: number, to: number) =>
      connection.runScript(`INSERT INTO users
        (id, username, email, is_active, is_email_verified, password_scheme, password_hash, created_at, updated_at)
        SELECT gen_random_uuid(), 'u' || n, 'u' || n || '@example.com', n % 3 = 0, n % 2 = 0, 'bcrypt', 'none',
               now() - n * interval '1 day', now() FROM generate_series(${from}, ${to}) AS n`);
    const insertEvents = (from: number, to: number) =>
      connection.runScript(`INSERT INTO audit_events (id, occurred_at, event, outcome, subject_kind, subject_id, details)
        SELECT gen_random_uuid(), now() - n * interval '5 minutes', event, outcome, kind,
               CASE WHEN kind IS NOT NULL THEN gen_random_uuid() END, '{}'
          FROM generate_series(${from}, ${to}) AS n, unnest(ARRAY['sign_in', 'sign_out']) AS event,
               unnest(ARRAY['success', 'failure', 'denied']) AS outcome,
               unnest(ARRAY['user', 'admin', NULL]) AS kind`);
    await insertUsers(1, 150);
    await insertEvents(0, 300);
    assert.ok((await migrate(connection)).includes('0008_lists_and_counts'));
    await insertUsers(151, 160);
    await insertEvents(301, 310);
    const states =
      await connection.query(`SELECT is_active, is_email_verified, sum(count)::int AS count
      FROM user_counts GROUP BY 1, 2 EXCEPT SELECT is_active, is_email_verified, count(*) FROM users GROUP BY 1, 2`);
    assert.deepEqual(states, []);
    const [{ users, days } = {}] = await connection.query(`SELECT
      (SELECT sum(count)::int FROM user_counts) AS users,
      (SELECT count(DISTINCT day)::int FROM registration_counts WHERE day > current_date - 90) AS days`);
    assert.deepEqual([users, days], [160, 89]);
    const signIns =
      await connection.query(`SELECT outcome, sum(count)::int AS count FROM sign_in_counts
      GROUP BY 1 ORDER BY 1`);
    assert.deepEqual(signIns, [
      { outcome: 'failure', count: 622 },
      { outcome: 'success', count: 622 },
    ]);
  });
});
