import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CompiledQuery, sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { insertBulkUsers } from '../../../test/bulk-users.ts';
import { signedInAdmin } from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { onPostgres } from '../../../test/test-database.ts';
import { createDatabase } from '../../platform/database/database.ts';
import { type Listing, readRows } from '../../platform/lists/list-rows.ts';
import { cursorAt, type Position } from '../../platform/lists/order.ts';
import { walkList } from '../../platform/lists/walk-list.ts';
import { orderOf, sortOrders } from './account-order.ts';
import { containing } from './account-search.ts';

type Sort = (typeof sortOrders)[number];
type Item = { id: string; username: string };

function usersContaining(q: string, sort: Sort): Listing<Item> {
  return { table: sql.table<Item>('users'), order: orderOf(sort), filter: containing(q) };
}

async function withMixedUsers(test: TestApp): Promise<TestApp> {
  await insertBulkUsers(test.db, 40);
  await sql`UPDATE users SET created_at = created_at + length(username) * interval '1 microsecond',
    username = CASE WHEN is_active THEN username ELSE upper(username) END`.execute(test.db);
  return test;
}

const sought = fc.record({
  q: fc.constantFrom(
    'bulk',
    'BULK1',
    '7',
    'straw 4',
    'nobody',
    '@',
    'w 4',
    'example.com',
    '%',
    'k3',
  ),
  sort: fc.constantFrom(...sortOrders),
});

test('a walk in slices of any size finds what one statement does, in every order and on every page', async (t) => {
  const { db } = await withMixedUsers(await createTestApp(t));
  const asked = fc.record({
    sought,
    sliceRows: fc.integer({ min: 3, max: 45 }),
    offset: fc.nat(45),
    page_size: fc.integer({ min: 1, max: 20 }),
    byCursor: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      asked,
      async ({ sought: { q, sort }, sliceRows, offset, page_size, byCursor }) => {
        const listing = usersContaining(q, sort);
        const all = await readRows(db, listing, { offset: 0, limit: 1000 });
        const last = all[offset - 1];
        const cursor = byCursor && last ? cursorAt(listing.order, last) : undefined;
        const start = cursor === undefined ? Math.floor(offset / page_size) * page_size : offset;
        const query = { page: 1 + Math.floor(offset / page_size), page_size, cursor };
        const walked = await walkList(db, listing, query, null, { sliceRows, mostRows: 1000 });
        assert.deepEqual(walked.rows, all.slice(start, start + page_size + 1));
        assert.deepEqual(walked.total, { count: all.length, isExact: true });
        assert.equal(walked.next, null);
      },
    ),
    { numRuns: 40 },
  );
});

test('a walk that stops at its limit leads on by cursor, until everything was found once', async (t) => {
  const { db } = await withMixedUsers(await createTestApp(t));
  const asked = fc.record({
    sought,
    sliceRows: fc.integer({ min: 3, max: 21 }),
    page_size: fc.constant(4),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ sought: { q, sort }, sliceRows, page_size }) => {
      const listing = usersContaining(q, sort);
      const all = await readRows(db, listing, { offset: 0, limit: 1000 });
      const found: Item[] = [];
      let cursor: string | undefined;
      for (let pages = 0; pages < 50; pages += 1) {
        const query = { page: 1, page_size, cursor };
        const reading = { sliceRows, mostRows: 2 * sliceRows };
        const { rows, total, next } = await walkList(db, listing, query, null, reading);
        const firstRows = await countFirst(db, listing, 2 * sliceRows);
        assert.deepEqual(total, { count: firstRows, isExact: 2 * sliceRows > 40 });
        found.push(...rows.slice(0, page_size));
        const last: Position | null =
          rows.length > page_size ? (rows[page_size - 1] ?? null) : next;
        if (last === null) break;
        cursor = cursorAt(listing.order, last);
      }
      assert.deepEqual(found, all);
    }),
    { numRuns: 15 },
  );
});

async function countFirst(db: TestApp['db'], { table, order, filter }: Listing, rows: number) {
  const counted = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM (SELECT * FROM ${table} ${order.clause} LIMIT ${rows}) AS first
     WHERE ${filter}`.execute(db);
  return counted.rows[0]?.count;
}

test('a search by index finds what reading every row does, whatever else is asked', async (t) => {
  const { api, token, db } = await withAdmin(await withMixedUsers(await createTestApp(t)));
  const asked = fc.record({
    sought,
    is_active: fc.constantFrom(true, false, undefined),
    page: fc.integer({ min: 1, max: 4 }),
    page_size: fc.integer({ min: 1, max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ sought: { q, sort }, is_active, page, page_size }) => {
      const listing = usersContaining(q, sort);
      const active =
        is_active === undefined ? sql<boolean>`true` : sql<boolean>`is_active = ${is_active}`;
      const filter = sql<boolean>`${listing.filter} AND ${active}`;
      const all = await readRows(db, { ...listing, filter }, { offset: 0, limit: 1000 });
      const query = new URLSearchParams({ q, sort, page: `${page}`, page_size: `${page_size}` });
      if (is_active !== undefined) query.set('is_active', `${is_active}`);
      const { body } = await api.get(`/api/admins/users?${query}`, { token });
      const ids = (items: Item[]) => items.map(({ id }) => id);
      const shown = all.slice((page - 1) * page_size, page * page_size);
      assert.deepEqual(ids(body.items), ids(shown), `${query}`);
      assert.deepEqual([body.total, body.total_is_exact], [all.length, true]);
      if (body.next_cursor === null) return;
      query.set('cursor', body.next_cursor);
      const next = await api.get(`/api/admins/users?${query}`, { token });
      assert.deepEqual(
        ids(next.body.items),
        ids(all.slice(page * page_size, (page + 1) * page_size)),
      );
      assert.equal(next.body.total, all.length);
    }),
    { numRuns: 40 },
  );
});

test('where the database has no trigrams, a search finds what begins with the text, literally', async (t) => {
  const test = await withMixedUsers(await createTestApp(t));
  const { api, token, db } = await withAdmin(test);
  const found = async (q: string): Promise<string[]> => {
    const answer = await api.get(
      `/api/admins/users?${new URLSearchParams({ q, sort: 'username', page_size: '50' })}`,
      { token },
    );
    assertStatus(answer, 200);
    assert.equal(answer.body.total, answer.body.items.length);
    return answer.body.items.map(({ username }: Item) => username);
  };
  await sql`UPDATE users SET full_name = '100%_\\ Needle' WHERE username = 'bulk7'`.execute(db);
  await sql`ALTER INDEX users_search RENAME TO users_search_gone`.execute(db);
  try {
    assert.deepEqual(await found('BULK3'), ['bulk3', 'BULK30', ...from31to39]);
    assert.deepEqual(await found('ulk3'), []);
    assert.deepEqual(await found('bulk35@'), ['bulk35']);
    assert.deepEqual(await found('straw 35'), ['bulk35']);
    for (const q of ['1', '100%', '100%_\\', '100%_\\ n'])
      assert.deepEqual(await found(q), ['bulk7'], q);
    for (const q of ['%', '_', '\\', 'b_lk', 'bulk%']) assert.deepEqual(await found(q), [], q);
  } finally {
    await sql`ALTER INDEX users_search_gone RENAME TO users_search`.execute(db);
  }
});

const from31to39 = Array.from({ length: 9 }, (_, at) => `bulk3${at + 1}`);

test('a search for more than can be counted says so, and its pages go on', {
  skip: !onPostgres && 'more rows than the embedded engine can be given quickly',
}, async (t) => {
  const { api, token, db } = await withAdmin(await createTestApp(t));
  await insertBulkUsers(db, 10_100);
  const search = async (query: string) => {
    const answer = await api.get(`/api/admins/users?${query}`, { token });
    assertStatus(answer, 200);
    const { items, total, total_is_exact, total_pages, next_cursor } = answer.body;
    return { items, next_cursor, counts: [total, total_is_exact, total_pages] };
  };
  const first = await search('q=example.com&page_size=100&sort=username');
  assert.deepEqual(first.counts, [10_000, false, 100]);
  const second = await search(
    `q=example.com&page_size=100&sort=username&cursor=${first.next_cursor}`,
  );
  const byNumber = await search('q=example.com&page_size=100&sort=username&page=2');
  assert.deepEqual(second.items, byNumber.items);
  assert.equal(second.items.length, 100);
  assert.deepEqual((await search('q=example.com&page_size=100&page=102')).items, []);
  assert.deepEqual((await search('q=NEEDLE&sort=-email')).counts, [10, true, 1]);
  assert.deepEqual((await search('q=')).counts, [10_100, true, 1010]);
});

type PlanNode = { 'Actual Rows': number; 'Rows Removed by Filter'?: number; Plans?: PlanNode[] };

function mostRowsOf(node: PlanNode): number {
  const rows = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
  return Math.max(rows, ...(node.Plans ?? []).map(mostRowsOf));
}

test('no statement of a walk reads more than a slice on the embedded engine, in every order', {
  skip: onPostgres && 'PostgreSQL keeps nobody waiting meanwhile, whatever plan it chooses',
}, async (t) => {
  const { db, deps } = await createTestApp(t);
  await insertBulkUsers(db, 2000);
  const queries: CompiledQuery[] = [];
  const observed = createDatabase(deps.engine.pool, ({ query }) => void queries.push(query));
  const reading = { sliceRows: 200, mostRows: 100_000 };
  for (const sort of sortOrders)
    for (const q of ['nobody', 'bulk', 'needle'])
      await walkList(observed, usersContaining(q, sort), { page: 2, page_size: 10 }, null, reading);
  assert.ok(queries.length >= 180);
  for (const query of new Set(queries)) {
    const explain = { ...query, sql: `EXPLAIN (ANALYZE, FORMAT JSON) ${query.sql}` };
    const { rows } = await db.executeQuery<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(explain);
    const most = mostRowsOf(rows[0]?.['QUERY PLAN'][0].Plan as PlanNode);
    // Sorting by the id as well looks a few rows ahead.
    assert.ok(most <= 300, `${most} rows: ${query.sql}`);
  }
});

test('a search keeps no plan for values other than its own on the embedded engine', {
  skip: onPostgres && 'its statements are in the session that ran them',
}, async (t) => {
  const { db, api, token } = await withAdmin(await createTestApp(t));
  for (const q of ['nobody', 'zz']) await api.get(`/api/admins/users?q=${q}`, { token });
  const kept = await sql<{ statement: string }>`
    SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%AS cursor_' || 'key%'
       AND statement NOT LIKE 'EXPLAIN%'`.execute(db);
  assert.deepEqual(kept.rows, []);
});

async function withAdmin(service: TestApp) {
  return { ...service, token: (await signedInAdmin(service)).accessToken };
}
