import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMemoryLimiter } from './memory-limiter.ts';
import type { LimitPolicy } from './rate-limit.ts';

const policies: LimitPolicy[] = [
  { name: 'few', limit: 3, windowSeconds: 10 },
  { name: 'many', limit: 7, windowSeconds: 60 },
];

/** The reference model: a list of windows without a memory limit. */
function createModel() {
  const windows = new Map<string, { count: number; endsAt: number }>();
  return (policy: LimitPolicy, key: string, now: number): boolean => {
    const name = `${policy.name} ${key}`;
    const found = windows.get(name);
    const window =
      found && found.endsAt > now ? found : { count: 0, endsAt: now + policy.windowSeconds * 1000 };
    windows.set(name, window);
    if (window.count >= policy.limit) return false;
    window.count += 1;
    return true;
  };
}

test('for any sequence of requests it answers as a plain list of windows would', async () => {
  const step = fc.record({
    policy: fc.constantFrom(...policies),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    // Mostly zero, so that limits are reached; sometimes long, so that windows end.
    wait: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 20_000 })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
      let now = 1_000_000;
      const limiter = createMemoryLimiter({ now: () => now });
      const model = createModel();
      for (const { policy, key, wait } of steps) {
        now += wait;
        const state = await limiter.take(policy, key);
        assert.equal(state.allowed, model(policy, key, now));
        assert.ok(state.remaining >= 0 && state.remaining <= policy.limit);
        assert.ok(Number.isInteger(state.resetSeconds));
        assert.ok(state.resetSeconds >= 1 && state.resetSeconds <= policy.windowSeconds);
        const counted = await limiter.count(policy, key);
        assert.equal(
          Math.max(0, policy.limit - counted),
          state.remaining,
          'counting takes nothing',
        );
      }
    }),
  );
});

test('a key is refused until 1 ms before its window ends, and allowed at the end', async () => {
  let now = 0;
  const limiter = createMemoryLimiter({ now: () => now });
  const [few] = policies as [LimitPolicy];
  for (let count = 0; count < 3; count += 1) await limiter.take(few, 'a');
  now = 4321;
  const { allowed, resetSeconds } = await limiter.take(few, 'a');
  assert.deepEqual({ allowed, resetSeconds }, { allowed: false, resetSeconds: 6 });
  now = 9999;
  assert.equal((await limiter.take(few, 'a')).allowed, false);
  now = 10_000;
  assert.equal((await limiter.take(few, 'a')).allowed, true);
});

test('K11 a flood of keys evicts ended windows, then idle keys, never active ones', async () => {
  let now = 0;
  const limiter = createMemoryLimiter({ now: () => now, maxKeys: 1000 });
  const [few, many] = policies as [LimitPolicy, LimitPolicy];
  for (let count = 0; count < 5; count += 1) await limiter.take(many, 'asks on');
  for (let count = 0; count < 7; count += 1) await limiter.take(many, 'asks once');
  for (let count = 0; count < 2; count += 1) await limiter.take(many, 'asks on');
  for (let flood = 0; flood < 20_000; flood += 1) {
    await limiter.take(few, `flood ${flood}`);
    if (flood % 500 === 0) assert.equal((await limiter.take(many, 'asks on')).allowed, false);
  }
  assert.equal((await limiter.take(many, 'asks once')).allowed, true, 'the idle key was evicted');
  now = 10_001;
  for (let count = 0; count < 990; count += 1) await limiter.take(many, `later ${count}`);
  assert.equal(
    (await limiter.take(many, 'asks on')).allowed,
    false,
    'ended windows were evicted first',
  );
});

test('it holds at most maxKeys keys', async () => {
  const limiter = createMemoryLimiter({ now: () => 0, maxKeys: 2 });
  assert.equal(limiter.degraded, false);
  const [few] = policies as [LimitPolicy];
  for (let count = 0; count < 4; count += 1) await limiter.take(few, 'first');
  await limiter.take(few, 'second');
  assert.equal((await limiter.take(few, 'first')).allowed, false, 'two keys are held');
  await limiter.take(few, 'second');
  await limiter.take(few, 'third');
  assert.equal((await limiter.take(few, 'first')).allowed, true, 'a third key evicts one');
});

test('a window can be evicted the millisecond it ends, even behind a renewed one', async () => {
  let now = 0;
  const limiter = createMemoryLimiter({ now: () => now, maxKeys: 3 });
  const [few] = policies as [LimitPolicy];
  await limiter.take(few, 'asks on');
  now = 1000;
  await limiter.take(few, 'is over');
  now = 10_000;
  for (let count = 0; count < 3; count += 1) await limiter.take(few, 'asks on');
  now = 10_999;
  await limiter.take(few, 'is over');
  await limiter.take(few, 'third');
  now = 11_000;
  await limiter.take(few, 'newcomer');
  assert.equal(
    (await limiter.take(few, 'asks on')).allowed,
    false,
    'the active key was not evicted',
  );
});

test('the count is that of one policy and one client, and 0 once the window ended', async () => {
  let now = 0;
  const limiter = createMemoryLimiter({ now: () => now });
  const [few, many] = policies as [LimitPolicy, LimitPolicy];
  assert.equal(await limiter.count(few, 'a'), 0);
  for (let count = 0; count < 2; count += 1) await limiter.take(few, 'a');
  await limiter.take(many, 'a');
  await limiter.take(few, 'b');
  now = 9999;
  assert.equal(await limiter.count(few, 'a'), 2);
  assert.equal(await limiter.count(few, 'b'), 1);
  now = 10_000;
  assert.equal(await limiter.count(few, 'a'), 0);
  assert.equal(await limiter.count(many, 'a'), 1);
});

test('without a clock of its own it measures real time', async () => {
  const limiter = createMemoryLimiter();
  const [few] = policies as [LimitPolicy];
  assert.equal((await limiter.take(few, 'a')).resetSeconds, few.windowSeconds);
});
