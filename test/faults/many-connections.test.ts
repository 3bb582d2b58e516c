import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../../bench/figure.ts';
import { requestText } from '../raw-http.ts';
import { bestOf } from './best-of.ts';
import { eventually } from './eventually.ts';
import { tokenOf } from './login-storm.ts';
import { startUnlimited } from './postgres-backed.ts';
import { openFiles, rssMegabytes } from './process-figures.ts';
import { ask, loopbackAddress, noPlace, openSockets } from './sockets.ts';

const files = 16_000;
const [, allowed] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
const skip =
  Number(allowed) < files ? `${allowed} files may be open, and ${files} are needed` : false;
const live = requestText('GET', '/health/live');

test('FI-33 ten thousand idle connections, then as many new ones, lock nobody out', {
  skip,
}, async (t) => {
  const server = await startUnlimited(t, {}, { wrapper: ['prlimit', `--nofile=${files}`] });
  const me = requestText('GET', '/api/users/me', {
    Authorization: `Bearer ${(await tokenOf(server)).token}`,
  });
  const filesAtRest = openFiles(server.pid);

  const crowd = await openSockets(t, server, 10_000, {
    from: (index) => loopbackAddress(33, index >> 5),
  });
  await askInBatches(crowd, live, (text) => assert.match(text, /^HTTP\/1\.1 200 /));
  const megabytes = rssMegabytes(server.pid);
  assert.ok(megabytes < 600, `${megabytes} MB`);

  const active = crowd.slice(-100);
  await timesOf(active, me, 1);
  const alone = await bestOf(3, 100, () => timesOf(active, me, 4));
  // All ten thousand come from one address within ten seconds.
  const intruders: Socket[] = [];
  const refusals: string[] = [];
  const storm = (async () => {
    for (let batch = 0; batch < 100; batch += 1) {
      const second = sleep(100);
      const more = await openSockets(t, server, 100, { from: () => '127.34.0.1' });
      intruders.push(...more);
      for (const { text } of await Promise.all(more.map((socket) => ask(socket, live)))) {
        if (!text.startsWith('HTTP/1.1 200 ')) refusals.push(text);
      }
      await second;
    }
  })();
  const meanwhile = await timesOf(active, me, 8);
  await storm;
  t.diagnostic(
    `${Math.round(megabytes)} MB; p95 ${alone} ms, ${meanwhile} ms during the storm; ${refusals.length} refused`,
  );
  assert.ok(alone < 100 && meanwhile < 250, `GET me p95 ${alone} ms, then ${meanwhile} ms`);
  assert.equal(refusals.length, 4000);
  // Answered, or closed without an answer if too many are being answered.
  for (const text of refusals) if (text !== '') assert.match(text, noPlace);
  assert.ok(openFiles(server.pid) - filesAtRest <= 12_100);
  assert.equal(
    crowd.slice(-2000).some(({ destroyed }) => destroyed),
    false,
    'the connection idle longest was closed first',
  );
  const [stranger] = await openSockets(t, server, 1, { from: () => '127.35.0.1' });
  assert.match((await ask(stranger as Socket, me)).text, /^HTTP\/1\.1 200 /);

  for (const socket of [...crowd, ...intruders, stranger as Socket]) socket.destroy();
  await eventually('all are closed', () => openFiles(server.pid) < filesAtRest + 20);
  assert.equal((await server.request('GET', '/health/ready')).status, 200);
});

async function askInBatches(
  sockets: Socket[],
  request: string,
  check: (text: string) => void,
): Promise<void> {
  for (let first = 0; first < sockets.length; first += 200) {
    const batch = sockets.slice(first, first + 200);
    for (const { text } of await Promise.all(batch.map((socket) => ask(socket, request))))
      check(text);
  }
}

/** The 95th percentile of the latency of sequential requests, a hundred a second. */
async function timesOf(sockets: Socket[], request: string, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const asking = sockets.map(async (socket, index) => {
      await sleep(index * 10);
      const { text, milliseconds } = await ask(socket, request);
      assert.match(text, /^HTTP\/1\.1 200 /);
      times.push(milliseconds);
    });
    await Promise.all(asking);
  }
  return Math.round(percentile(times, 0.95));
}
