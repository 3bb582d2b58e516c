import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import { insertBulkUsers } from '../../../test/bulk-users.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { onPostgres } from '../../../test/test-database.ts';
import { foldCounts } from '../../platform/database/fold-counts.ts';
import { foldUserCounts } from './account-counts.ts';

type Db = TestApp['db'];

async function assertCounted(db: Db): Promise<void> {
  const states = sql`is_active, is_email_verified, is_superuser`;
  const kept = await sql`SELECT ${states}, is_deleted, sum(count)::int AS count FROM user_counts
    GROUP BY 1, 2, 3, 4 HAVING sum(count) <> 0 ORDER BY 1, 2, 3, 4`.execute(db);
  const counted =
    await sql`SELECT ${states}, deleted_at IS NOT NULL AS is_deleted, count(*)::int AS count
    FROM users GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`.execute(db);
  assert.deepEqual(kept.rows, counted.rows);
}

async function rowsOfCounts(db: Db): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`SELECT count(*)::int AS count FROM user_counts`.execute(db);
  return rows[0]?.count ?? 0;
}

/** A change of a user picked at random, of every kind that moves a count. */
const changes = [
  sql`UPDATE users SET is_active = NOT is_active, updated_at = now() WHERE username = `,
  sql`UPDATE users SET is_email_verified = true WHERE username = `,
  sql`UPDATE users SET is_superuser = NOT is_superuser, is_email_verified = false WHERE username = `,
  sql`UPDATE users SET deleted_at = now(), deleted_by = 'admin', erase_at = now() WHERE username = `,
  sql`UPDATE users SET deleted_at = NULL, deleted_by = NULL, erase_at = NULL WHERE username = `,
  sql`UPDATE users SET last_login_at = now() WHERE username = `,
  sql`DELETE FROM users WHERE username = `,
];

const undone = new Error('undone on purpose');

/** One transaction of a few changes, some of them rolled back. */
async function changeSome(db: Db, round: number, newcomers: number): Promise<void> {
  const attempt = db.transaction().execute(async (trx) => {
    const name = `bulk${1 + ((round * 7) % 60)}`;
    await sql`${changes[round % changes.length] ?? sql``}${name}`.execute(trx);
    if (round % 5 === 0) await insertNewcomer(trx, newcomers + round);
    if (round % 4 === 3) throw undone;
  });
  await attempt.catch((error: unknown) => assert.equal(error, undone));
}

async function insertNewcomer(db: Db, number: number): Promise<void> {
  await sql`INSERT INTO users (id, username, email, password_scheme, password_hash, created_at, updated_at)
    VALUES (${randomUUID()}, ${`new${number}`}, ${`new${number}@example.com`}, 'bcrypt', 'none', now(), now())`.execute(
    db,
  );
}

test('the counts stay true in a storm of changes, restores, rollbacks and folds', async (t) => {
  const { db } = await createTestApp(t);
  await insertBulkUsers(db, 60);
  const clients = Array.from({ length: 4 }, async (_, client) => {
    for (let round = 0; round < 20; round += 1)
      await changeSome(db, round * 4 + client, client * 1000);
  });
  const folds = Array.from({ length: 2 }, async () => {
    for (let round = 0; round < 15; round += 1) await foldUserCounts(db);
  });
  await Promise.all([...clients, ...folds]);
  await assertCounted(db);
  await foldUserCounts(db);
  await assertCounted(db);
  assert.ok((await rowsOfCounts(db)) <= 16);
});

test('the counts stay true when connections are killed in the middle of their changes', {
  skip: !onPostgres && 'the embedded engine has one connection, which ends with the process',
}, async (t) => {
  const { db } = await createTestApp(t);
  await insertBulkUsers(db, 62);
  const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(db);
  const url = new URL(process.env.TEST_DATABASE_URL ?? '');
  url.pathname = `/${rows[0]?.name}`;
  for (let round = 0; round < 10; round += 1) {
    const client = new pg.Client({ connectionString: url.href });
    client.on('error', () => {});
    await client.connect();
    const pid = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
    // Users whom the other changes leave alone.
    await client.query('BEGIN');
    await client.query("UPDATE users SET is_active = NOT is_active WHERE username > 'bulk60'");
    await client.query("DELETE FROM users WHERE username = 'bulk61'");
    await Promise.all([foldUserCounts(db), changeSome(db, round * 4, 2000)]);
    await sql`SELECT pg_terminate_backend(${pid})`.execute(db);
    await client.end().catch(() => {});
  }
  await assertCounted(db);
});

test('no two transactions that change counts wait for each other', {
  skip: !onPostgres && 'the embedded engine runs one transaction at a time',
}, async (t) => {
  const { db } = await createTestApp(t);
  await insertBulkUsers(db, 10);
  await foldUserCounts(db);
  await db.transaction().execute(async (trx) => {
    await sql`UPDATE users SET is_active = NOT is_active WHERE username = 'bulk1'`.execute(trx);
    await insertNewcomer(trx, 1);
    // A wait would end with the limit on locks.
    await sql`UPDATE users SET is_active = NOT is_active WHERE username = 'bulk2'`.execute(db);
    await insertNewcomer(db, 2);
    await foldUserCounts(db);
  });
  await assertCounted(db);
});

test('a sign-in changes no count, and a whole statement adds one row for each state', async (t) => {
  const { db } = await createTestApp(t);
  await insertBulkUsers(db, 1000);
  assert.equal(await rowsOfCounts(db), 2);
  await sql`UPDATE users SET last_login_at = now()`.execute(db);
  await sql`UPDATE users SET is_active = is_active`.execute(db);
  assert.equal(await rowsOfCounts(db), 2);
  await assertCounted(db);
  await sql`UPDATE users SET is_email_verified = true WHERE username < 'bulk2'`.execute(db);
  const states = ['is_active', 'is_email_verified', 'is_superuser', 'is_deleted'];
  await foldCounts(db, sql.table('user_counts'), states, 20);
  assert.equal(await rowsOfCounts(db), 4);
  await assertCounted(db);
  await sql`DELETE FROM users WHERE username < 'bulk5'`.execute(db);
  await assertCounted(db);
  await sql`TRUNCATE users`.execute(db);
  await assertCounted(db);
});
