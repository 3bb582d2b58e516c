import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { hashSync } from '@node-rs/bcrypt';
import pg from 'pg';
import type { Guide, Outcome, RowFault } from '../../src/cli/command/command.ts';
import { importFastapi } from '../../src/cli/commands/import-fastapi.ts';
import { assertStatus } from '../api.ts';
import { openCommandLine } from '../command-line.ts';
import { signedInUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

// The former service has no other database.
const url = process.env.TEST_DATABASE_URL;
const skip = url === undefined && 'the former service runs on PostgreSQL';

const password = 'Former-Password-1';
const long = `${'ä'.repeat(40)} beyond the 72 bytes of bcrypt`;

/** As its migrations leave it: integer ids, naive times, bcrypt of passlib. */
const formerTables = `
  CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
  INSERT INTO alembic_version VALUES ('3f2a9c');
  CREATE TABLE users (
    id serial PRIMARY KEY, email varchar(255) NOT NULL, username varchar(100) NOT NULL,
    hashed_password varchar(255) NOT NULL, full_name varchar(255), is_active boolean DEFAULT true,
    is_superuser boolean DEFAULT false, phone varchar(20),
    created_at timestamp DEFAULT now(), updated_at timestamp);
  CREATE UNIQUE INDEX ix_users_email ON users (email);
  CREATE UNIQUE INDEX ix_users_username ON users (username);
  CREATE TABLE admin (
    id serial PRIMARY KEY, email varchar(255) NOT NULL UNIQUE, username varchar(100) NOT NULL UNIQUE,
    hashed_password varchar(255) NOT NULL, full_name varchar(255), is_active boolean DEFAULT true,
    is_superadmin boolean DEFAULT false, created_at timestamp DEFAULT now(), updated_at timestamp)`;

async function openFormer(t: TestContext): Promise<{ url: string; client: pg.Client }> {
  const administrator = new pg.Client({ connectionString: url });
  await administrator.connect();
  const name = `former_${randomBytes(6).toString('hex')}`;
  await administrator.query(`CREATE DATABASE ${name}`);
  const own = new URL(url ?? '');
  own.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: own.href });
  await client.connect();
  await client.query(formerTables);
  t.after(async () => {
    await client.end();
    await administrator.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await administrator.end();
  });
  return { url: own.href.replace('postgresql:', 'postgresql+asyncpg:'), client };
}

async function move(t: TestContext, service: TestApp, databaseUrl: string, options: object = {}) {
  const line = await openCommandLine(t, service);
  const faults: RowFault[] = [];
  const outcome: Outcome = await importFastapi.runGuided({ databaseUrl, ...options }, {
    ask: async (command, parameters, input, change) => {
      const run = await line.run(command, parameters, Readable.from(input));
      const shown = run.events.map(change).filter((event) => event !== null);
      faults.push(...shown.flatMap((event) => ('fault' in event ? [event.fault] : [])));
      return run.outcome;
    },
  } as Guide);
  return { outcome, faults };
}

function bcrypt(text: string): string {
  return hashSync(text, { cost: 5 });
}

test('the former users and admins keep their passwords, and are found by their ids', {
  skip,
}, async (t) => {
  const service = await createTestApp(t);
  const former = await openFormer(t);
  const insert =
    'INSERT INTO users (id, email, username, hashed_password, full_name, phone) VALUES ($1, $2, $3, $4, $5, $6)';
  await former.client.query(insert, [
    7,
    'Ada@Example.com',
    'ada',
    bcrypt(password),
    'Ada Lovelace',
    '1',
  ]);
  await former.client.query(insert, [1999, 'long@example.com', 'long', bcrypt(long), null, null]);
  const admin =
    'INSERT INTO admin (id, email, username, hashed_password, is_superadmin) VALUES ($1, $2, $3, $4, $5)';
  await former.client.query(admin, [1, 'root@example.com', 'root', bcrypt(password), true]);

  const { outcome } = await move(t, service, former.url);
  const counts = { skipped: 0, refused: 0, complete: true };
  assert.deepEqual(outcome, {
    result: {
      users: { created: 2, ...counts },
      users_left_out: ['users.phone'],
      admin: { created: 1, ...counts },
    },
  });
  const user = (username: string, typed: string) =>
    service.api.post('/api/users/login', { username, password: typed });
  assertStatus(await user('ada@example.com', password), 200);
  assertStatus(await user('long', long), 200);
  const root = await service.api.post('/api/admins/login', { username: 'root', password });
  assertStatus(root, 200);
  const token = root.body.access_token;
  const found = await service.api.get('/api/admins/users?legacy_id=1999', { token });
  assert.deepEqual([found.body.total, found.body.items[0].username], [1, 'long']);
  const admins = await service.api.get('/api/admins?legacy_id=1', { token });
  assert.deepEqual([admins.body.total, admins.body.items[0].is_superadmin], [1, true]);
});

test('what does not fit is named by table and id, and a second run doubles nothing', {
  skip,
}, async (t) => {
  const service = await createTestApp(t);
  const former = await openFormer(t);
  const taken = await signedInUser(service);
  const rows = [
    [1, 'fine@example.com', 'fine'],
    [2, 'space@example.com', 'has space'],
    [5, 'fine2@example.com', 'FINE'],
    [9, taken.email, 'somebody'],
  ];
  for (const row of rows) {
    const text = 'INSERT INTO users (id, email, username, hashed_password) VALUES ($1, $2, $3, $4)';
    await former.client.query(text, [...row, bcrypt(password)]);
  }
  const { faults } = await move(t, service, former.url);
  assert.deepEqual(
    faults.map(({ field, message }) => `${field} ${message}`),
    [
      'users 2: username may contain letters, digits, underscore, dot and hyphen only',
      'users 5: username is already registered',
      'users 9: email is already registered',
    ],
  );
  const again = await move(t, service, former.url, { skipExisting: true });
  assert.ok('result' in again.outcome);
  const { users } = again.outcome.result as { users: object };
  assert.deepEqual(users, { created: 0, skipped: 3, refused: 1, complete: true });
});

test('the former database is only read', { skip }, async (t) => {
  const service = await createTestApp(t);
  const former = await openFormer(t);
  await former.client.query(`CREATE FUNCTION trap() RETURNS boolean LANGUAGE sql AS $$ DELETE FROM admin RETURNING true $$;
    ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT *, trap() AS trapped FROM people;
    INSERT INTO people (email, username, hashed_password) VALUES ('a@example.com', 'aaa', 'x')`);
  await assert.rejects(move(t, service, former.url), /read-only/);
});
