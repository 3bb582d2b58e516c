import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newRegistration } from '../factories.ts';
import { startPrivatePostgres } from '../postgres/private-postgres.ts';
import { eventually } from './eventually.ts';
import { type LogTarget, mountDisk, openPipe } from './log-target.ts';
import { startUnlimited, withoutPostgres } from './postgres-backed.ts';
import { childrenOf, rssMegabytes } from './process-figures.ts';
import { lengthOf } from './refusals.ts';
import type { ServerOptions, ServerProcess } from './server-process.ts';

const seconds = lengthOf({ short: 4, full: 60 });

/**
 * Under such a load the service grows by some 100 MB in its first minute, whether or not the log
 * flows.
 */
const mostMegabytes = lengthOf({ short: 80, full: 160 });

for (const LOG_FORMAT of ['json', 'pretty']) {
  test(`a reader of the log that stands still stops no request (pipe, ${LOG_FORMAT})`, async (t) => {
    const pipe = openPipe(t);
    const server = await startUnlimited(t, { LOG_FORMAT }, { wrapper: pipe.wrapper });
    await assertUnharmed(t, server, pipe);
    assert.equal((await server.terminate()).code, 0);
    await eventually(
      'the last line is read',
      () => pipe.text().trimEnd().split('\n').at(-1)?.includes('Stopped') ?? false,
    );
  });
}

test('a reader of the log that stands still stops no request (socket)', async (t) => {
  const server = await startUnlimited(t, {});
  await assertUnharmed(t, server, {
    stall: () => server.readOutput(false),
    flow: () => server.readOutput(true),
    text: () => server.logs(),
  });
  assert.equal((await server.terminate()).code, 0);
  assert.match(server.stdoutLines().at(-1) ?? '', /Stopped/);
});

for (const LOG_FORMAT of ['json', 'pretty']) {
  test(`a full disk under the log stops no request (${LOG_FORMAT})`, async (t) => {
    const disk = mountDisk(t);
    if (disk === null) return t.skip('no file system can be mounted here: that takes root');
    const server = await startUnlimited(t, { LOG_FORMAT }, { wrapper: disk.wrapper });
    await assertUnharmed(t, server, disk);
    assert.equal((await server.terminate()).code, 0);
    assert.match(disk.text().trimEnd().split('\n').at(-1) ?? '', /Stopped/);
  });
}

test('a reader of the log that is gone stops no request, and one that comes back is written to', async (t) => {
  const pipe = openPipe(t);
  const server = await startUnlimited(t, {}, { wrapper: pipe.wrapper });
  pipe.close();
  await assertServes(server, 2);
  pipe.reopen();
  await eventually('lines flow', async () => {
    await server.request('GET', '/after-the-gap');
    return pipe.text().includes('/after-the-gap');
  });
  pipe.close();
  assert.deepEqual(await server.terminate(), { code: 0, signal: null });
});

test('a log that is not taken does not delay the stop', async (t) => {
  const pipe = openPipe(t);
  const server = await startUnlimited(t, {}, { wrapper: pipe.wrapper });
  pipe.stall();
  await assertServes(server, 2);
  const started = performance.now();
  assert.deepEqual(await server.terminate(), { code: 0, signal: null });
  assert.ok(performance.now() - started < 12_000, `${performance.now() - started} ms`);
});

test('several processes on one log that stands still serve on, and count what they drop together', {
  skip: withoutPostgres,
}, async (t) => {
  const pipe = openPipe(t);
  const server = await startTwo(t, { wrapper: pipe.wrapper });
  await eventually('both serve', () => (pipe.text().match(/Listening on/g) ?? []).length === 2);
  pipe.stall();
  await assertServes(server, seconds);
  pipe.flow();
  await eventually('each process knows what all have dropped, as they tell it', async () => {
    // Each connection goes to the next process.
    const counts = new Set([
      await droppedBy(server),
      await droppedBy(server),
      await droppedBy(server),
    ]);
    return counts.size === 1 && counts.has(sumTold(pipe.text())) && !counts.has(0);
  });
  assert.ok(countsTold(pipe.text()).length >= 2, 'both tell');
  assert.deepEqual(await server.terminate(), { code: 0, signal: null });
});

// Starting a process makes the socket that all of them share a blocking one.
test('a server process replaced while the log stands still freezes no other, nor the stop (socket)', {
  skip: withoutPostgres,
}, async (t) => {
  const server = await startTwo(t);
  const count = () => childrenOf(server.pid).length;
  await eventually('both serve', () => (server.logs().match(/Listening on/g) ?? []).length === 2);
  server.readOutput(false);
  await assertServes(server, 2);
  process.kill(childrenOf(server.pid)[0] ?? 0, 'SIGKILL');
  await eventually('it is gone', () => count() === 1);
  await eventually('another is started', () => count() === 2);
  await assertServes(server, seconds);
  const ended = server.terminate();
  await eventually('all have ended', () => !existsSync(`/proc/${server.pid}`), 15_000);
  server.readOutput(true);
  await ended;
});

async function startTwo(
  t: TestContext,
  options: Pick<ServerOptions, 'wrapper'> = {},
): Promise<ServerProcess> {
  const postgres = await startPrivatePostgres({ fast: true });
  t.after(() => postgres.destroy());
  const env = {
    WEB_CONCURRENCY: '2',
    DATABASE_URL: postgres.url(),
    REDIS_URL: 'redis://127.0.0.1:1',
  };
  return await startUnlimited(t, env, options);
}

async function assertUnharmed(
  t: TestContext,
  server: ServerProcess,
  log: LogTarget,
): Promise<void> {
  await assertServes(server, 0.5);
  const before = rssMegabytes(server.pid);
  log.stall();
  const requests = await assertServes(server, seconds);
  const growth = rssMegabytes(server.pid) - before;
  const dropped = await droppedBy(server);
  assert.ok(dropped > 0, 'the stall was long enough to drop lines');
  assert.ok(growth < mostMegabytes, `${growth} MB more`);

  log.flow();
  const toldAfter = await eventually('the count is told', () => sumTold(log.text()) > 0);
  const { status } = await server.request('GET', '/after-the-stall');
  assert.equal(status, 404);
  await eventually('lines flow', () => log.text().includes('/after-the-stall'));
  assert.equal(sumTold(log.text()), await droppedBy(server));
  t.diagnostic(
    `${requests} requests in ${seconds} s, ${dropped} lines dropped, ${growth.toFixed(1)} MB more, told after ${toldAfter.toFixed()} ms`,
  );
}

/** Fails at the first request that fails or is slow. */
async function assertServes(server: ServerProcess, forSeconds: number): Promise<number> {
  const end = performance.now() + forSeconds * 1000;
  // Logged four times: it is the lines that shall be many, not the requests.
  const path = `/${'long/'.repeat(400)}`;
  let requests = 0;
  const one = async () => {
    while (performance.now() < end) {
      assert.equal((await server.request('GET', path)).status, 404);
      requests += 1;
    }
  };
  const registering = async () => {
    while (performance.now() < end) {
      const { status } = await server.request('POST', '/api/users/register', {
        body: newRegistration(),
      });
      assert.equal(status, 201);
      requests += 1;
      await sleep(100);
    }
  };
  await Promise.all([one(), one(), one(), registering()]);
  return requests;
}

async function droppedBy(server: ServerProcess): Promise<number> {
  const { body } = await server.request<string>('GET', '/metrics');
  return Number(/^adl_log_lines_dropped_total (\d+)$/m.exec(body)?.[1]);
}

function sumTold(text: string): number {
  return countsTold(text).reduce((sum, count) => sum + count, 0);
}

function countsTold(text: string): number[] {
  return [...text.matchAll(/[ "](\d+) log lines were dropped/g)].map(([, count]) => Number(count));
}
