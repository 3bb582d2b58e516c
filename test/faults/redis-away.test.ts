import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../src/platform/logging/logger.ts';
import type { LimitPolicy, RateLimiter } from '../../src/platform/rate-limit/rate-limit.ts';
import { createRedisLimiter } from '../../src/platform/rate-limit/redis-limiter.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';
import { eventually } from './eventually.ts';

const policy: LimitPolicy = { name: 'ip', limit: 200, windowSeconds: 3600 };

type Watched = { limiter: RateLimiter; logs: () => string };

async function openLimiter(t: TestContext, url: string): Promise<Watched> {
  const lines: string[] = [];
  const logger = createLogger(
    { logLevel: 'info', logFormat: 'json' },
    { write: (line) => void lines.push(line) },
  );
  const limiter = await createRedisLimiter(url, logger);
  t.after(() => limiter.close());
  return { limiter, logs: () => lines.join('') };
}

async function allowedOf(limiters: RateLimiter[], count: number, key: string): Promise<number> {
  const states = await Promise.all(
    Array.from({ length: count }, async (_, index) =>
      limiters[index % limiters.length]?.take(policy, key),
    ),
  );
  return states.filter((state) => state?.allowed).length;
}

/** The milliseconds of the slowest of several sequential requests. */
async function slowest({ limiter }: Watched, count: number, key: string): Promise<number> {
  let worst = 0;
  for (let index = 0; index < count; index += 1) {
    const begun = performance.now();
    await limiter.take(policy, key);
    worst = Math.max(worst, performance.now() - begun);
  }
  return worst;
}

describe('limits in Redis', { skip: withoutRedis }, () => {
  test('K07 of 250 requests over two processes exactly 200 pass, with one correct wait', async (t) => {
    const redis = await startRedis(t);
    const limiters = [
      (await openLimiter(t, redis.url)).limiter,
      (await openLimiter(t, redis.url)).limiter,
    ];
    for (const key of ['one', 'two', 'three'])
      assert.equal(await allowedOf(limiters, 250, key), 200);
    const state = await limiters[0]?.take(policy, 'one');
    assert.ok(state && !state.allowed && state.resetSeconds > 3590 && state.resetSeconds <= 3600);
    assert.equal(
      await redis.command('GET', 'adl:limit:ip:one'),
      '201',
      'only the first of the refused requests is recorded',
    );
  });

  test('FI-14 Redis is used when it starts after the service', async (t) => {
    const redis = await startRedis(t);
    await redis.stop();
    const watched = await openLimiter(t, redis.url);
    assert.equal(
      await allowedOf([watched.limiter], 250, 'a'),
      200,
      'this process counts for itself',
    );
    assert.equal(watched.limiter.degraded, true);
    await redis.start();
    await eventually('it is used', () => !watched.limiter.degraded, 5000);
    assert.match(watched.logs(), /redis: answers again/);
  });

  test('FI-14 a failing Redis costs one request 250 ms; no errors, and limits hold', async (t) => {
    const redis = await startRedis(t);
    const watched = await openLimiter(t, redis.url);
    const faults: [string, () => unknown, () => unknown][] = [
      ['killed', () => redis.stop(), () => redis.start()],
      ['frozen', () => redis.kill('SIGSTOP'), () => redis.kill('SIGCONT')],
      ['full', () => fill(redis), () => redis.command('CONFIG', 'SET', 'maxmemory', '0')],
      [
        'read-only',
        () => redis.command('REPLICAOF', '127.0.0.1', '1'),
        () => redis.command('REPLICAOF', 'NO', 'ONE'),
      ],
      ['wrong', () => spoil(redis, 'wrong'), () => redis.command('FLUSHALL')],
    ];
    for (const [key, begin, end] of faults) {
      assert.equal(watched.limiter.degraded, false, key);
      await begin();
      assert.ok((await slowest(watched, 1, key)) < 450, key);
      if (key !== 'wrong') assert.equal(watched.limiter.degraded, true, key);
      // Requests sent while the failure was being detected count too.
      assert.equal(await allowedOf([watched.limiter], 250, key), 199, key);
      assert.ok((await slowest(watched, 50, key)) < 50, key);
      await end();
      await eventually(`it is back: ${key}`, () => !watched.limiter.degraded, 8000);
    }
    const warnings = watched.logs().match(/does not answer/g) ?? [];
    assert.equal(warnings.length, faults.length, 'one line each');
    assert.doesNotMatch(watched.logs(), /"level":"(error|fatal)"/);
  });

  test('FI-14 FLUSHALL costs the counters and nothing else', async (t) => {
    const redis = await startRedis(t);
    const { limiter } = await openLimiter(t, redis.url);
    assert.equal(await allowedOf([limiter], 201, 'a'), 200);
    await redis.command('FLUSHALL');
    assert.equal(await allowedOf([limiter], 250, 'a'), 200);
    await redis.command('SCRIPT', 'FLUSH');
    assert.equal(await allowedOf([limiter], 1, 'b'), 1);
    assert.equal(limiter.degraded, false);
  });

  test('a counter without an expiry, which a failure could leave, gets one', async (t) => {
    const redis = await startRedis(t);
    const { limiter } = await openLimiter(t, redis.url);
    await redis.command('SET', 'adl:limit:ip:a', '200');
    const state = await limiter.take(policy, 'a');
    assert.equal(state.allowed, false);
    assert.equal(state.resetSeconds, 3600);
    assert.ok(Number(await redis.command('TTL', 'adl:limit:ip:a')) > 3500);
  });
});

async function fill(redis: Awaited<ReturnType<typeof startRedis>>): Promise<void> {
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
  await sleep(50);
}

async function spoil(redis: Awaited<ReturnType<typeof startRedis>>, key: string): Promise<void> {
  await redis.command('LPUSH', `adl:limit:ip:${key}`, 'not a number');
}
