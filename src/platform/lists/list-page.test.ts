import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { insertBulkUsers } from '../../../test/bulk-users.ts';
import { createTestApp } from '../../../test/test-app.ts';
import type { PageQuery } from '../http/paging.ts';
import { listPage } from './list-page.ts';
import { countUpTo, everything } from './list-rows.ts';
import { orderBy, textKey, timeKey } from './order.ts';

const listing = {
  table: sql.table<{ username: string }>('users'),
  order: orderBy('-created_at', timeKey('created_at'), 'down'),
  filter: everything,
};

const byName = { ...listing, order: orderBy('username', textKey(sql`lower(username)`), 'up') };

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

test('a page too far from both ends is a 422 that names the cursor', async (t) => {
  const { db } = await createTestApp(t);
  const list = (page: number, count: number, isExact: boolean) =>
    listPage(db, byName, { page, page_size: 100 }, nameOf, async () => ({ count, isExact }));
  const tooDeep = (error: { status?: number; details?: object }) => {
    assert.equal(error.status, 422);
    assert.match(JSON.stringify(error.details), /next_cursor/);
    return true;
  };
  assert.deepEqual((await list(1001, 10_000, false)).items, []);
  await assert.rejects(list(1002, 10_000, false), tooDeep);
  await assert.rejects(list(1002, 300_000, true), tooDeep);
  await assert.rejects(list(1999, 300_000, true), tooDeep);
  for (const page of [1001, 2000, 3000, 3001, 1_000_000])
    assert.deepEqual((await list(page, 300_000, true)).items, []);
});

test('counting stops at its limit, and says whether that is all', async (t) => {
  const { db } = await createTestApp(t);
  await insertBulkUsers(db, 5);
  assert.deepEqual(await countUpTo(db, listing, 4), { count: 4, isExact: false });
  assert.deepEqual(await countUpTo(db, listing, 5), { count: 5, isExact: true });
  assert.deepEqual(await countUpTo(db, listing, 6), { count: 5, isExact: true });
});
