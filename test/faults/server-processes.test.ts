import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPrivatePostgres } from '../postgres/private-postgres.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';
import { eventually } from './eventually.ts';
import { startDatabaseService, withoutPostgres } from './postgres-backed.ts';
import { childrenOf, openFiles } from './process-figures.ts';
import { type ServerProcess, startServer } from './server-process.ts';

test('WEB_CONCURRENCY=2 serves from two processes, replaces a dead one, stops as one', async (t) => {
  const postgres = await startPrivatePostgres({ fast: true });
  t.after(() => postgres.destroy());
  const env = {
    WEB_CONCURRENCY: '2',
    DATABASE_URL: postgres.url(),
    REDIS_URL: 'redis://127.0.0.1:1',
  };
  const server = await startServer(t, { env });
  // The service is ready with its first process; if one dies before it serves, the start fails.
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

test('server processes that cannot start end the supervisor too', async (t) => {
  const env = {
    WEB_CONCURRENCY: '2',
    DATABASE_URL: 'postgresql://127.0.0.1:1/none',
    REDIS_URL: 'redis://127.0.0.1:1',
  };
  const server = await startServer(t, {
    env: { ...env, STARTUP_TIMEOUT_SECONDS: '1' },
    waitReady: false,
  });
  const { code } = await server.exited;
  assert.equal(code, 1);
  assert.match(server.logs(), /database: failed - not reachable/);
});

describe('one server process that dies', { skip: withoutPostgres || withoutRedis }, () => {
  test('and cannot be replaced yet leaves the other serving until it can', async (t) => {
    const redis = await startRedis(t);
    const { server, query } = await startDatabaseService(t, {
      WEB_CONCURRENCY: '2',
      REDIS_URL: redis.url,
    });
    await eventually('both serve', () => countOf(server, /Listening on/g) === 2);
    const [first = 0, second = 0] = await untilTwo(server.pid);

    await query('ALTER ROLE service NOLOGIN');
    process.kill(first, 'SIGKILL');
    await eventually('three attempts', () => countOf(server, failedStart) === 3, 60_000);
    assert.deepEqual(await servedBy(server, second), 200);
    assert.match(
      server.logs(),
      /could not start.*in 1 s.*could not start.*in 2 s.*could not start.*in 4 s/s,
    );

    await query('ALTER ROLE service LOGIN');
    await eventually('serves again', () => countOf(server, /Listening on/g) === 3, 20_000);
    assert.ok((await untilTwo(server.pid, first)).includes(second));
    assert.deepEqual(await server.terminate(), { code: 0, signal: null }, server.logs());
  });

  test('while no process can be created is replaced later', async (t) => {
    const redis = await startRedis(t);
    const { server } = await startDatabaseService(t, {
      WEB_CONCURRENCY: '2',
      REDIS_URL: redis.url,
    });
    await eventually('both serve', () => countOf(server, /Listening on/g) === 2);
    const [first = 0, second = 0] = await untilTwo(server.pid);

    setOpenFiles(server.pid, openFiles(server.pid) - 4);
    process.kill(first, 'SIGKILL');
    await eventually('two attempts', () => countOf(server, failedStart) === 2, 60_000);
    setOpenFiles(server.pid, 1000);
    await eventually('serves again', () => countOf(server, /Listening on/g) === 3, 20_000);
    assert.ok((await untilTwo(server.pid, first)).includes(second));
    assert.equal(await servedBy(server, second), 200);
  });
});

const failedStart = /server process could not start/g;

/** The status of an answer while that process is still alive. */
async function servedBy(server: ServerProcess, pid: number): Promise<number> {
  assert.ok(childrenOf(server.pid).includes(pid), server.logs());
  return (await server.request('GET', '/health/ready')).status;
}

function countOf(server: ServerProcess, words: RegExp): number {
  return (server.logs().match(words) ?? []).length;
}

function setOpenFiles(pid: number, count: number): void {
  execFileSync('prlimit', [`--nofile=${count}:`, '--pid', String(pid)]);
}

async function untilTwo(supervisor: number, without?: number): Promise<number[]> {
  for (let tries = 0; tries < 200; tries += 1) {
    const children = childrenOf(supervisor);
    if (children.length === 2 && !children.includes(without ?? 0)) return children;
    await sleep(50);
  }
  throw new Error('there were never two server processes');
}
