import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CompiledQuery, sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { insertBulkUsers } from '../../../test/bulk-users.ts';
import { signedInAdmin } from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { onPostgres } from '../../../test/test-database.ts';
import { createDatabase, type Database } from '../../platform/database/database.ts';
import { encodeCursor } from '../../platform/http/paging.ts';
import { beyondCursor, orderOf, sortOrders } from './account-order.ts';
import { containing, searchAccounts } from './account-search.ts';
import { type AccountsWanted, readRows } from './list-rows.ts';

function wantedUsers(q: string, sort: (typeof sortOrders)[number]): AccountsWanted {
  const [table, after] = [sql.table('users'), sql<boolean>`true`];
  return { table, order: orderOf(sort), filter: containing(q), after, offset: 0, limit: 1000 };
}

test('a search in slices of any size finds what one statement does, in every order and on every page', async (t) => {
  const { db } = await createTestApp(t);
  await insertBulkUsers(db, 60);
  await sql`UPDATE users SET created_at = created_at + length(username) * interval '1 microsecond',
    username = CASE WHEN is_active THEN username ELSE upper(username) END`.execute(db);
  const asked = fc.record({
    q: fc.constantFrom('bulk', 'BULK1', '7', 'straw 4', 'nobody', '@'),
    sort: fc.constantFrom(...sortOrders),
    sliceRows: fc.integer({ min: 1, max: 70 }),
    offset: fc.nat(65),
    limit: fc.integer({ min: 2, max: 20 }),
    byCursor: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ q, sort, sliceRows, offset, limit, byCursor }) => {
      const wanted = wantedUsers(q, sort);
      const all = await readRows(db, wanted);
      const last = all[offset - 1];
      const start =
        byCursor && last !== undefined
          ? { after: beyondCursor(wanted.order, encodeCursor(sort, last.cursor_key, last.id)) }
          : { offset };
      const page = await searchAccounts(db, { ...wanted, ...start, limit }, sliceRows);
      assert.deepEqual(page, { rows: all.slice(offset, offset + limit), total: all.length });
    }),
    { numRuns: 40 },
  );
});

type PlanNode = { 'Actual Rows': number; 'Rows Removed by Filter'?: number; Plans?: PlanNode[] };

function mostRowsOf(node: PlanNode): number {
  const rows = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
  return Math.max(rows, ...(node.Plans ?? []).map(mostRowsOf));
}

test('no statement of a search reads more than a slice on the embedded engine, in every order', {
  skip: onPostgres && 'PostgreSQL reads the whole table at once, and keeps nobody waiting meanwhile',
}, async (t) => {
  const { db, deps } = await createTestApp(t);
  await insertBulkUsers(db, 6000);
  for (const sort of sortOrders) {
    const queries: CompiledQuery[] = [];
    const observed = createDatabase(deps.engine.pool, ({ query }) => void queries.push(query));
    for (const q of ['nobody', 'bulk', 'needle'])
      await searchAccounts(observed, { ...wantedUsers(q, sort), offset: 7, limit: 11 }, 300);
    assert.ok(queries.length >= 60);
    const distinct = new Map(queries.map((query) => [query.sql, query]));
    const explained = [
      ...queries.map((query) => explain(db, query)),
      ...distinct.values().map((query) => explainPrepared(db, query)),
    ];
    for (const plan of await Promise.all(explained)) {
      // Sorting by the id as well looks a few rows ahead.
      assert.ok(mostRowsOf(plan) <= 400, `${sort}: ${JSON.stringify(plan)}`);
    }
  }
});

type Explained = { 'QUERY PLAN': [{ Plan: PlanNode }] };

async function explain(db: Database, query: CompiledQuery): Promise<PlanNode> {
  const explaining = { ...query, sql: `EXPLAIN (ANALYZE, FORMAT JSON) ${query.sql}` };
  const { rows } = await db.executeQuery<Explained>(explaining);
  return rows[0]?.['QUERY PLAN'][0].Plan as PlanNode;
}

/** The plan of a statement that was run often: it is made for any values. */
function explainPrepared(db: Database, { sql: text, parameters }: CompiledQuery): Promise<PlanNode> {
  return db.transaction().execute(async (trx) => {
    await sql`SET LOCAL plan_cache_mode = force_generic_plan`.execute(trx);
    await sql`PREPARE searching AS ${sql.raw(text)}`.execute(trx);
    const values = sql.join(parameters.map((value) => sql.lit(value)));
    const { rows } =
      await sql<Explained>`EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE searching(${values})`.execute(trx);
    await sql`DEALLOCATE searching`.execute(trx);
    return rows[0]?.['QUERY PLAN'][0].Plan as PlanNode;
  });
}

test('a search over HTTP is read in slices on the embedded engine, a list without one is not', {
  skip: onPostgres && 'PostgreSQL reads the whole table at once, and keeps nobody waiting meanwhile',
}, async (t) => {
  const { api, token, statements, db } = await withAdmin(await createTestApp(t));
  await insertBulkUsers(db, 12_000);
  const answer = await api.get('/api/admins/users?q=NEEDLE&sort=-email', { token });
  assert.equal(answer.body.total, 12);
  assert.equal(answer.body.items.length, 10);
  const reading = statements().filter((text) => text.includes('strpos'));
  assert.ok(reading.length >= 3, `${reading.length} statements`);
  for (const text of reading) assert.match(text, /LIMIT/);
  const before = statements().length;
  assert.equal((await api.get('/api/admins/users?q=', { token })).body.total, 12_000);
  assert.equal(
    statements()
      .slice(before)
      .filter((text) => text.includes('OVER ()')).length,
    0,
  );
});

test('more searches than may be at work wait for their turn and are answered, and nothing else waits', async (t) => {
  const service = await createTestApp(t);
  const { api, token, limits, db } = await withAdmin(service);
  const { accessToken: other } = await signedInAdmin(service);
  await insertBulkUsers(db, 30);
  const gate = Promise.withResolvers<void>();
  const held = [newRequest(), newRequest()].map(({ request, reply }) =>
    limits.searchInTurn(request, reply, () => gate.promise),
  );
  let answered = 0;
  const searches = Array.from({ length: 5 }, async () => {
    const answer = await api.get('/api/admins/users?q=bulk', { token });
    answered += 1;
    return answer;
  });
  assertStatus(await api.get('/api/admins/users', { token: other }), 200);
  assert.equal(answered, 0);
  gate.resolve();
  for (const answer of await Promise.all(searches)) assert.equal(answer.body.total, 30);
  await Promise.all(held);
});

test('a search that waits three seconds for its turn is refused with 503, and one that fails leaves its place', async (t) => {
  const { limits } = await createTestApp(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const gate = Promise.withResolvers<void>();
  const search = (work: () => Promise<unknown>) => {
    const { request, reply } = newRequest();
    return limits.searchInTurn(request, reply, work);
  };
  const held = [search(() => gate.promise), search(() => gate.promise)];
  const late = search(async () => assert.fail('it had no turn'));
  t.mock.timers.tick(3000);
  await assert.rejects(late, { status: 503 });
  gate.reject(new Error('failed'));
  await Promise.allSettled(held);
  assert.equal(await search(async () => 'found'), 'found');
});

function newRequest() {
  return { request: {} as FastifyRequest, reply: { raw: new EventEmitter() } as unknown as FastifyReply };
}

async function withAdmin(service: TestApp) {
  return { ...service, token: (await signedInAdmin(service)).accessToken };
}
