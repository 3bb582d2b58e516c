import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { createTestApp } from '../../../test/test-app.ts';
import { onPostgres } from '../../../test/test-database.ts';
import { loadTogether } from './load-together.ts';

const request = new AsyncLocalStorage<string>();

type Batch = {
  keys: readonly string[];
  context: string | undefined;
  answer: () => void;
  fail: () => void;
};

/** One query at a time, which answers when it is told to. */
async function gated(t: TestContext, { slowMilliseconds = 60_000 } = {}) {
  const { db } = await createTestApp(t);
  const batches: Batch[] = [];
  const load = loadTogether(
    db,
    async (_connection, keys: readonly string[]) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const context = request.getStore();
      batches.push({ keys, context, answer: resolve, fail: () => reject(new Error('failed')) });
      await promise;
      return (key) => (key === 'nobody' ? undefined : `${key}!`);
    },
    { atOnce: 1, slowMilliseconds },
  );
  const until = async (count: number) => {
    while (batches.length < count) await sleep(1);
  };
  return { load, batches, until };
}

test('while a query is under way the keys of many moments join the next', async (t) => {
  const { load, batches, until } = await gated(t);
  const first = load('a');
  await until(1);
  const others = [];
  for (const key of ['b', 'nobody', 'c']) {
    others.push(load(key));
    await nextTurn();
  }
  assert.equal(batches.length, 1);
  batches[0]?.answer();
  await until(2);
  batches[1]?.answer();
  assert.equal(await first, 'a!');
  assert.deepEqual(await Promise.all(others), ['b!', undefined, 'c!']);
  assert.deepEqual(
    batches.map(({ keys }) => keys),
    [['a'], ['b', 'nobody', 'c']],
  );
});

test('a query that had to wait runs in the context of a request that it answers', async (t) => {
  const { load, batches, until } = await gated(t);
  const ask = (key: string) => request.run(`request ${key}`, () => load(key));
  const first = ask('a');
  await until(1);
  const others = [ask('b'), ask('c')];
  batches[0]?.answer();
  await until(2);
  batches[1]?.answer();
  await Promise.all([first, ...others]);
  assert.deepEqual(
    batches.map(({ context }) => context),
    ['request a', 'request b'],
  );
});

test('a query that fails fails its own keys, and the next one goes on', async (t) => {
  const { load, batches, until } = await gated(t);
  const first = assert.rejects(load('a'), { message: 'failed' });
  await until(1);
  const second = load('b');
  batches[0]?.fail();
  await first;
  await until(2);
  batches[1]?.answer();
  assert.equal(await second, 'b!');
});

test('a slow query does not hold up the next', {
  skip: !onPostgres && 'the embedded database has one connection',
}, async (t) => {
  const { load, batches, until } = await gated(t, { slowMilliseconds: 50 });
  const slow = load('a');
  await until(1);
  const next = load('b');
  await until(2);
  batches[1]?.answer();
  assert.equal(await next, 'b!');
  batches[0]?.answer();
  assert.equal(await slow, 'a!');
});
