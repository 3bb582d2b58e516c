import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPrivatePostgres } from '../../scripts/private-postgres.ts';
import { eventually } from './eventually.ts';
import { startServer } from './server-process.ts';

test('WEB_CONCURRENCY=2 serves from two processes, replaces one that dies, and stops as one', async (t) => {
  const postgres = await startPrivatePostgres({ fast: true });
  t.after(() => postgres.destroy());
  const env = { WEB_CONCURRENCY: '2', DATABASE_URL: postgres.url(), REDIS_URL: 'redis://127.0.0.1:1' };
  const server = await startServer(t, { env });
  // Ready is the service with the first; one that dies before it serves ends the start.
  await eventually('both serve', () => (server.logs().match(/Listening on/g) ?? []).length === 2);
  const [first = 0, second] = await untilTwo(server.pid);
  assert.notEqual(first, second);

  process.kill(first, 'SIGKILL');
  const replaced = await untilTwo(server.pid, first);
  assert.ok(!replaced.includes(first));
  assert.equal((await server.request('GET', '/health/ready')).status, 200);

  const exit = await server.terminate();
  assert.deepEqual(exit, { code: 0, signal: null }, server.logs());
});

test('server processes that can not start end the supervisor too', async (t) => {
  const env = {
    WEB_CONCURRENCY: '2',
    DATABASE_URL: 'postgresql://127.0.0.1:1/none',
    REDIS_URL: 'redis://127.0.0.1:1',
  };
  const server = await startServer(t, { env: { ...env, STARTUP_TIMEOUT_SECONDS: '1' }, waitReady: false });
  const { code } = await server.exited;
  assert.equal(code, 1);
  assert.match(server.logs(), /database: failed - not reachable/);
});

async function untilTwo(supervisor: number, without?: number): Promise<number[]> {
  for (let tries = 0; tries < 200; tries += 1) {
    const children = childrenOf(supervisor);
    if (children.length === 2 && !children.includes(without ?? 0)) return children;
    await sleep(50);
  }
  throw new Error('there were never two server processes');
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
