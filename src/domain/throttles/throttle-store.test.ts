import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { AppError } from '../../platform/errors.ts';
import { requireWithinThrottle } from './require-within-throttle.ts';
import type { ThrottlePolicy } from './throttle-policy.ts';
import { clearThrottle, peekThrottles, shortenThrottles, takeThrottle } from './throttle-store.ts';

const three = { name: 'three', limit: 3, windowSeconds: 100, keysOf: () => [] };
const other = { name: 'other', limit: 3, windowSeconds: 100, keysOf: () => [] };

test('of parallel requests, exactly as many as the limit are allowed', async (t) => {
  const deps = await createTestApp(t);
  const taken = await Promise.all(
    Array.from({ length: 10 }, () => takeThrottle(deps, three, 'key')),
  );
  assert.equal(taken.filter(({ allowed }) => allowed).length, 3);
});

test('a window begins with the first request, and refusals do not extend it', async (t) => {
  const deps = await createTestApp(t);
  const take = () => takeThrottle(deps, three, 'key');
  const first = await take();
  assert.deepEqual(first, { allowed: true, isFirstRefusal: false, retryAfterSeconds: 100 });
  await deps.clock.advance(60);
  const refusals: boolean[] = [];
  for (const allowed of [true, true, false, false, false]) {
    const taken = await take();
    assert.equal(taken.allowed, allowed);
    refusals.push(taken.isFirstRefusal);
    assert.ok(
      taken.retryAfterSeconds >= 38 && taken.retryAfterSeconds <= 40,
      `${taken.retryAfterSeconds}`,
    );
  }
  assert.deepEqual(
    refusals,
    [false, false, true, false, false],
    'exactly one is marked as the first refusal',
  );
  await deps.clock.advance(40);
  assert.deepEqual(await take(), first);
  for (const allowed of [true, true, false]) assert.equal((await take()).allowed, allowed);
});

test('peeking counts nothing and predicts the next result', async (t) => {
  const deps = await createTestApp(t);
  const peek = () => peekOne(deps, three, 'key');
  const nothing = { allowed: true, isFirstRefusal: false, retryAfterSeconds: 1 };
  for (let look = 0; look < 5; look += 1) assert.deepEqual(await peek(), nothing);
  for (const allowed of [true, true, false]) {
    await takeThrottle(deps, three, 'key');
    const seen = await peek();
    assert.equal(seen.allowed, allowed);
    assert.ok(
      seen.retryAfterSeconds >= 98 && seen.retryAfterSeconds <= 100,
      `${seen.retryAfterSeconds}`,
    );
  }
  await deps.clock.advance(100);
  assert.deepEqual(await peek(), nothing, 'the window is over');
});

test('policies and keys count separately, keys ignore case and are stored as hashes', async (t) => {
  const deps = await createTestApp(t);
  for (const key of ['Ada@Example.com', 'ada@example.com', 'ADA@EXAMPLE.COM'])
    await takeThrottle(deps, three, key);
  const allowed = async (policy: typeof three, key: string) =>
    (await peekOne(deps, policy, key)).allowed;
  assert.equal(await allowed(three, 'ada@example.com'), false);
  assert.equal(await allowed(three, 'eve@example.com'), true);
  assert.equal(await allowed(other, 'ada@example.com'), true);
  await takeThrottle(deps, other, 'ada@example.com');
  const rows = await deps.db.selectFrom('throttles').selectAll().execute();
  assert.equal(rows.length, 2);
  assert.equal(new Set(rows.map(({ key_hash }) => key_hash.toString('hex'))).size, 2);
  for (const { key_hash } of rows) assert.equal(key_hash.length, 32);
});

test('clearing resets only that key of that policy', async (t) => {
  const deps = await createTestApp(t);
  const counted = [
    [three, 'one'],
    [three, 'two'],
    [other, 'one'],
  ] as const;
  for (const [policy, key] of counted)
    for (let count = 0; count < 3; count += 1) await takeThrottle(deps, policy, key);
  await clearThrottle(deps, three, 'ONE');
  const allowed = [];
  for (const [policy, key] of counted) allowed.push((await peekOne(deps, policy, key)).allowed);
  assert.deepEqual(allowed, [true, false, false]);
});

test('exceeding the limit throws 429 with Retry-After, and only the first is recorded', async (t) => {
  const deps = await createTestApp(t);
  const require = () => requireWithinThrottle(deps, three, 'key', null);
  for (let count = 0; count < 3; count += 1) await require();
  for (let count = 0; count < 3; count += 1) {
    await assert.rejects(
      require(),
      (error) =>
        error instanceof AppError &&
        error.status === 429 &&
        Number(error.headers['retry-after']) >= 98,
    );
  }
  const events = await deps.db
    .selectFrom('audit_events')
    .select(['event', 'outcome', 'details'])
    .execute();
  assert.deepEqual(events, [
    { event: 'limit_exceeded', outcome: 'denied', details: { policy: 'three' } },
  ]);
});

test('setting the clock back by an hour extends no window', async (t) => {
  const deps = await createTestApp(t);
  const refused = async (key: string) => {
    for (let count = 0; count < 3; count += 1) await takeThrottle(deps, three, key);
    return (await takeThrottle(deps, three, key)).allowed;
  };
  assert.deepEqual([await refused('counted'), await refused('peeked')], [false, false]);
  await deps.clock.advance(-3600);
  for (const look of [
    await takeThrottle(deps, three, 'counted'),
    await peekOne(deps, three, 'peeked'),
  ]) {
    assert.equal(look.allowed, false);
    assert.ok(look.retryAfterSeconds <= 100, `${look.retryAfterSeconds} s`);
  }
  await shortenThrottles(deps.db, [three]);
  await deps.clock.advance(100);
  assert.equal((await takeThrottle(deps, three, 'counted')).allowed, true);
  assert.equal((await peekOne(deps, three, 'peeked')).allowed, true);
});

test('several are peeked at in one statement, each with its own result', async (t) => {
  const deps = await createTestApp(t);
  for (let count = 0; count < 3; count += 1) await takeThrottle(deps, three, 'full');
  await takeThrottle(deps, other, 'full');
  const wanted = [
    { policy: other, key: 'full' },
    { policy: three, key: 'FULL' },
    { policy: three, key: 'empty' },
  ];
  const peeked = await peekThrottles(deps, wanted);
  assert.deepEqual(
    peeked.map(({ policy, key, allowed }) => ({ policy, key, allowed })),
    wanted.map((one, index) => ({ ...one, allowed: index !== 1 })),
  );
  assert.deepEqual(await peekThrottles(deps, []), []);
});

/** Without the policy and key that it is asked for. */
async function peekOne(deps: TestApp, policy: ThrottlePolicy, key: string) {
  const [peeked] = await peekThrottles(deps, [{ policy, key }]);
  const { allowed, isFirstRefusal, retryAfterSeconds } = peeked ?? assert.fail('nothing peeked');
  return { allowed, isFirstRefusal, retryAfterSeconds };
}
