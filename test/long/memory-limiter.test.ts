import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMemoryLimiter } from '../../src/platform/rate-limit/memory-limiter.ts';
import type { LimitPolicy } from '../../src/platform/rate-limit/rate-limit.ts';

test('K11 200,000 clients cost bounded memory and time, and evict no limited client', async () => {
  const limiter = createMemoryLimiter();
  const hourly: LimitPolicy = { name: 'ip', limit: 3, windowSeconds: 3600 };
  const patient = async () => (await limiter.take(hourly, 'sits at its limit')).allowed;
  for (let count = 0; count < 3; count += 1) await patient();
  const before = heapMegabytes();
  const milliseconds: number[] = [];
  for (let block = 0; block < 20; block += 1) {
    // CPU time of this process, because other tests run at the same time.
    const begun = process.cpuUsage();
    for (let client = 0; client < 10_000; client += 1)
      await limiter.take(hourly, `203.0.${block}.${client}`);
    milliseconds.push(process.cpuUsage(begun).user / 1000);
    assert.equal(await patient(), false, `after ${block + 1} blocks`);
  }
  const grown = heapMegabytes() - before;
  assert.ok(grown < 100, `${grown.toFixed(0)} MB`);
  const [early, late] = [milliseconds.slice(0, 9), milliseconds.slice(-3)].map(medianOf);
  assert.ok((late ?? 0) < 5 * (early ?? 0) + 30, `${early} ms, then ${late} ms for ten thousand`);
});

/** Collects garbage first, so that leftovers of other tests do not count. */
function heapMegabytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 1e6;
}

function medianOf(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
