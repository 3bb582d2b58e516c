import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assertStatus } from '../api.ts';
import { insertBulkUsers } from '../bulk-users.ts';
import { signedInAdmin } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

type Item = { username: string };

async function listing(test: TestApp, path = '/api/admins/users') {
  const { accessToken: token } = await signedInAdmin(test);
  return (query: string) => test.api.get(`${path}?${query}`, { token });
}

/** Of twelve users some are inactive, verified, deleted, older, or have signed in. */
async function withUsersOfAllKinds(test: TestApp): Promise<void> {
  const { db } = test;
  await insertBulkUsers(db, 12);
  await sql`UPDATE users SET is_email_verified = true WHERE username IN ('bulk1', 'bulk2', 'bulk10')`.execute(
    db,
  );
  await sql`UPDATE users SET deleted_at = now(), deleted_by = 'owner', erase_at = now()
    WHERE username IN ('bulk2', 'bulk3')`.execute(db);
  await sql`UPDATE users SET created_at = '2025-06-01T12:00:00Z' WHERE username = 'bulk4'`.execute(
    db,
  );
  await sql`UPDATE users SET last_login_at = '2026-03-01T12:00:00Z' WHERE username IN ('bulk5', 'bulk6')`.execute(
    db,
  );
  await sql`UPDATE users SET last_login_at = '2026-04-01T12:00:00Z' WHERE username = 'bulk7'`.execute(
    db,
  );
}

const cases = [
  { query: '', expected: [1, 10, 11, 12, 4, 5, 6, 7, 8, 9] },
  { query: 'deleted=false', expected: [1, 10, 11, 12, 4, 5, 6, 7, 8, 9] },
  { query: 'deleted=true', expected: [2, 3] },
  { query: 'deleted=true&is_email_verified=true', expected: [2] },
  { query: 'is_email_verified=true', expected: [1, 10] },
  { query: 'is_email_verified=false&is_active=false', expected: [] },
  { query: 'is_email_verified=true&is_active=false', expected: [10] },
  { query: 'created_after=2025-06-01T12:00:00Z', expected: [1, 10, 11, 12, 4, 5, 6, 7, 8, 9] },
  { query: 'created_after=2025-06-01T12:00:01Z', expected: [1, 10, 11, 12, 5, 6, 7, 8, 9] },
  { query: 'created_after=2025-07-01T00:00:00%2B05:00&is_email_verified=true', expected: [1, 10] },
  { query: 'last_login_before=2026-04-01T12:00:00Z', expected: [5, 6] },
  { query: 'last_login_before=2026-04-01T12:00:00.000001Z', expected: [5, 6, 7] },
  { query: 'last_login_before=2026-04-02T00:00:00Z&q=bulk7', expected: [7] },
  { query: 'q=bulk1&is_active=true', expected: [1, 11, 12] },
  { query: 'q=1&deleted=false', expected: [1, 10, 11, 12] },
  { query: 'q=bulk&deleted=true&is_email_verified=false', expected: [3] },
];

test('each filter of the list of users finds and counts what it says, also with others', async (t) => {
  const test = await createTestApp(t);
  await withUsersOfAllKinds(test);
  const list = await listing(test);
  for (const { query, expected } of cases) {
    const answer = await list(`${query}&sort=username&page_size=50`);
    assertStatus(answer, 200);
    const names = answer.body.items.map(({ username }: Item) => username);
    const wanted = expected.map((number) => `bulk${number}`);
    assert.deepEqual(names, wanted, query);
    assert.deepEqual(
      [answer.body.total, answer.body.total_is_exact],
      [expected.length, true],
      query,
    );
    const walked: string[] = [];
    for (let next = ''; ; ) {
      const page = await list(`${query}&sort=username&page_size=4${next}`);
      walked.push(...page.body.items.map(({ username }: Item) => username));
      assert.equal(page.body.total, expected.length, query);
      if (page.body.next_cursor === null) break;
      next = `&cursor=${page.body.next_cursor}`;
    }
    assert.deepEqual(walked, wanted, query);
  }
});

test('an unknown filter, or a value that is none, is a 422 that names it', async (t) => {
  const test = await createTestApp(t);
  const [users, admins] = [await listing(test), await listing(test, '/api/admins')];
  for (const [name, ...values] of [
    ['deleted', 'maybe', '2', 'null'],
    ['is_email_verified', 'perhaps', "1' OR '1'='1"],
    ['created_after', 'yesterday', '2026-01-01', 'infinity', '0000-01-01T00:00:00Z', ''],
    ['last_login_before', 'never', '1', '9999-12-31T23:59:59-00:01'],
  ] as const) {
    for (const value of values) {
      const answer = await users(`${name}=${encodeURIComponent(value)}`);
      assertStatus(answer, 422);
      assert.equal(answer.body.details.errors[0].field, name);
    }
  }
  for (const name of [
    'is_superuser',
    'password',
    'deleted_by',
    'created_before',
    'last_login_after',
    'id',
  ])
    assertStatus(await users(`${name}=true`), 422);
  for (const name of ['deleted', 'is_email_verified'])
    assertStatus(await admins(`${name}=true`), 422);
  assertStatus(
    await admins('created_after=2020-01-01T00:00:00Z&last_login_before=2020-01-01T00:00:00Z'),
    200,
  );
});

test('a search by blanks, line breaks and letters of other alphabets is literal', async (t) => {
  const test = await createTestApp(t);
  await withUsersOfAllKinds(test);
  await sql`UPDATE users SET full_name = 'Ünal Ğöker' WHERE username = 'bulk8'`.execute(test.db);
  const list = await listing(test);
  const found = async (q: string) => {
    const answer = await list(`sort=username&page_size=50&q=${encodeURIComponent(q)}`);
    assertStatus(answer, 200);
    return answer.body.items.map(({ username }: Item) => username);
  };
  assert.deepEqual(await found('ünal ğ'), ['bulk8']);
  assert.deepEqual(await found('ĞÖKER'), ['bulk8']);
  assert.deepEqual(await found('raw 1'), ['bulk1', 'bulk10', 'bulk11', 'bulk12']);
  for (const q of ['bulk8\nbulk8', 'bulk8\n', '\n', 'bulk8@example.com\nünal', '  ', 'bulk\t1'])
    assert.deepEqual(await found(q), [], JSON.stringify(q));
});
