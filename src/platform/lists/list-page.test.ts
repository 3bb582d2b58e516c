import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { insertBulkUsers } from '../../../test/bulk-users.ts';
import { createTestApp } from '../../../test/test-app.ts';
import type { PageQuery } from '../http/paging.ts';
import { listPage } from './list-page.ts';
import { countUpTo, everything } from './list-rows.ts';
import { orderBy, timeKey } from './order.ts';

const listing = {
  table: sql.table('users'),
  order: orderBy('-created_at', timeKey('created_at'), 'down'),
  filter: everything,
};

const nameOf = ({ username }: { username: string }): string => username;

test('a page is the same whether its rows are counted from the start or from the end', async (t) => {
  const { db } = await createTestApp(t);
  await insertBulkUsers(db, 23);
  const list = (query: PageQuery, isExact: boolean) =>
    listPage(db, listing, query, nameOf, async () => ({ count: 23, isExact }));
  for (const page_size of [2, 7, 22, 23, 24]) {
    for (let page = 1; page <= 2 + 23 / page_size; page += 1) {
      const fromStart = await list({ page, page_size }, false);
      const fromEnd = await list({ page, page_size }, true);
      assert.deepEqual(fromEnd, { ...fromStart, total_is_exact: true }, `${page} of ${page_size}`);
    }
  }
});

test('where the total is unknown, a page beyond 100,000 rows is a 422 that names the cursor', async (t) => {
  const { db } = await createTestApp(t);
  const list = (page: number, isExact: boolean) =>
    listPage(db, listing, { page, page_size: 100 }, nameOf, async () => ({ count: 10_000, isExact }));
  assert.deepEqual((await list(1001, false)).items, []);
  await assert.rejects(list(1002, false), (error: { status?: number; details?: object }) => {
    assert.equal(error.status, 422);
    assert.match(JSON.stringify(error.details), /next_cursor/);
    return true;
  });
  assert.deepEqual((await list(1_000_000, true)).items, []);
});

test('counting stops at its limit, and says whether that is all', async (t) => {
  const { db } = await createTestApp(t);
  await insertBulkUsers(db, 5);
  assert.deepEqual(await countUpTo(db, listing, 4), { count: 4, isExact: false });
  assert.deepEqual(await countUpTo(db, listing, 5), { count: 5, isExact: true });
  assert.deepEqual(await countUpTo(db, listing, 6), { count: 5, isExact: true });
});
