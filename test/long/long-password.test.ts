import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Flood, FloodResult } from '../attacks/flood.ts';
import { newRegistration, signedInUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const hugePassword = 'x'.repeat(900_000);

for (const chunked of [false, true]) {
  const how = chunked ? 'chunked' : 'of known length';
  test(`D13 100 concurrent logins of 900 kB, ${how}, cost no hash and block nothing`, async (t) => {
    // A service of its own, because it listens.
    const service = await createTestApp(t, { PROJECT_NAME: how });
    const { username } = newRegistration();
    const hashed = service.hashes();
    await service.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = service.app.server.address() as AddressInfo;
    const body = JSON.stringify({ username, password: hugePassword });

    const flood = flooding({ port, path: '/api/users/login', body, chunked, count: 100 });
    const health = await timesOfHealthUntil(flood, port);
    // The client may still be sending when its socket is closed, before it has read the answer.
    const results = await flood;
    const answered = results.filter((result) => result === 413).length;
    const cutOff = results.filter((result) => result === 'ECONNRESET' || result === 'EPIPE').length;
    assert.equal(answered + cutOff, 100, String(results));
    assert.ok(answered > 50, String(results));
    assert.equal(service.hashes(), hashed);
    assert.ok(quantile(health, 0.9) < 600, `health took ${health.map(Math.round).join(' ')} ms`);

    const logins = completedLogins(service);
    assert.deepEqual(new Set(logins.map(({ status }) => status)), new Set([413]));
    assert.equal(logins.length, 100);
    const durations = logins.map(({ duration_ms }) => duration_ms);
    assert.ok(quantile(durations, 0.5) < 300, `logins took ${durations.join(' ')} ms`);
    assert.ok(!service.logs().includes('xxx'));
  });
}

test('D13 an overlong password in an acceptable body costs no hash either', async (t) => {
  const service = await createTestApp(t);
  const { username, accessToken: token, password } = await signedInUser(service);
  const hashed = service.hashes();
  for (const long of ['x'.repeat(513), 'x'.repeat(60_000), '😀'.repeat(129)]) {
    const bodies = {
      '/api/users/login': { username, password: long },
      '/api/users/register': newRegistration({ password: long }),
      '/api/users/change-password': { current_password: long, new_password: password },
      '/api/password/reset-password': { token: 'any', new_password: long },
    };
    for (const [path, body] of Object.entries(bodies)) {
      const answer = await service.api.post(path, body, { token });
      assert.equal(answer.status, 422, path);
      assert.ok(answer.text.length < 1000, 'the password is not echoed');
    }
  }
  assert.equal(service.hashes(), hashed);
});

async function flooding(flood: Flood): Promise<FloodResult[]> {
  const worker = new Worker(new URL('../attacks/flood.ts', import.meta.url), { workerData: flood });
  const [results] = (await once(worker, 'message')) as [FloodResult[]];
  return results;
}

/** Latencies of `/health/live`, polled until the flood is over. */
async function timesOfHealthUntil(flood: Promise<unknown>, port: number): Promise<number[]> {
  let isOver = false;
  const ended = flood.finally(() => {
    isOver = true;
  });
  const times: number[] = [];
  while (!isOver) {
    const startedAt = performance.now();
    const answer = await fetch(`http://127.0.0.1:${port}/health/live`);
    assert.equal(answer.status, 200);
    await answer.text();
    times.push(performance.now() - startedAt);
  }
  await ended;
  return times;
}

function completedLogins(service: TestApp): { status: number; duration_ms: number }[] {
  const lines = service
    .logs()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines.filter(({ path, status }) => path === '/api/users/login' && status !== undefined);
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.POSITIVE_INFINITY;
}
