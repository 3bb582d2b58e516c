import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../../bench/figure.ts';
import { credentialsOf } from '../factories.ts';
import { requestText } from '../raw-http.ts';
import { openStormClients, storm, tokenOf } from './login-storm.ts';
import { startUnlimited } from './postgres-backed.ts';
import { rssMegabytes } from './process-figures.ts';
import type { ServerProcess } from './server-process.ts';
import { openSockets } from './sockets.ts';

describe('slow and many clients', () => {
  test('I09 a thousand slow header senders are closed in 20 seconds, affecting nobody', async (t) => {
    const server = await startUnlimited(t, {});
    for (let count = 0; count < 100; count += 1) await timeOfHealth(server);
    const sockets = await openSockets(t, server, 1000);
    const begun = performance.now();
    const timer = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('x');
    }, 5000);
    t.after(() => clearInterval(timer));
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const latencies: number[] = [];
    while (sockets.some((socket) => !socket.destroyed)) {
      latencies.push(await timeOfHealth(server));
      assert.ok(performance.now() - begun < 20_000, 'all are closed in time');
      await sleep(20);
    }
    const p99 = percentile(latencies, 0.99);
    t.diagnostic(`/health p99 ${Math.round(p99)} ms of ${latencies.length}`);
    assert.ok(p99 < 250, `p99 ${p99} ms`);
  });

  test('I10 slow bodies are 408 within 20 seconds and hold no hash and no connection', async (t) => {
    // One hash at a time: if an incomplete body held it, nobody could sign in.
    const server = await startUnlimited(t, { HASH_THREADS: '1' });
    const person = await tokenOf(server);
    const sockets = await openSockets(t, server, 50);
    const begun = performance.now();
    const closed = Promise.all(sockets.map((socket) => answerOf(socket)));
    const head = requestText('POST', '/api/users/login', {
      'Content-Type': 'application/json',
      'Content-Length': '500',
    });
    for (const socket of sockets) socket.write(`${head}{`);
    const timer = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(' ');
    }, 1000);
    t.after(() => clearInterval(timer));
    for (let count = 0; count < 5; count += 1) {
      const login = await server.request('POST', '/api/users/login', {
        body: credentialsOf(person),
      });
      assert.equal(login.status, 200);
      assert.ok(login.ms < 1000, `a sign-in took ${login.ms} ms`);
    }
    for (const answer of await closed) {
      assert.match(answer, /^HTTP\/1\.1 408 /);
      assert.match(answer, /"error":"RequestTimeoutError"/);
    }
    assert.ok(performance.now() - begun < 20_000);
  });

  test('I12 of 1,001 pipelined requests 1,000 are answered in order; then it is closed', async (t) => {
    const server = await startUnlimited(t, {});
    const people = [await tokenOf(server), await tokenOf(server)] as const;
    const [socket] = (await openSockets(t, server, 1)) as [Socket];
    const askers = Array.from({ length: 1001 }, (_, index) => people[index % 2 ? 1 : 0]);
    const me = ({ token }: { token: string }) =>
      requestText('GET', '/api/users/me', { Authorization: `Bearer ${token}` });
    const received = answerOf(socket);
    socket.write(askers.map(me).join(''));
    const answers = (await received).split(/(?=HTTP\/1\.1 \d)/);
    const names = answers.map((answer) => /"username":"(\w+)"/.exec(answer)?.[1]);
    assert.deepEqual(
      names,
      askers.slice(0, 1000).map(({ username }) => username),
    );
    assert.equal(
      new Set(answers.map((answer) => /x-request-id: (\S+)/i.exec(answer)?.[1])).size,
      1000,
    );
    const closing = answers.map((answer) => /\r\nconnection: close\r\n/i.test(answer));
    assert.equal(closing.indexOf(true), 999, 'the last one says so');
  });

  test('I14 of 200 concurrent sign-ins the excess is 503 at once, the others proceed', async (t) => {
    const server = await startUnlimited(t, { BCRYPT_ROUNDS: '12' });
    const clients = openStormClients(t);
    await storm(server, clients);
    await storm(server, clients);
    const warm = rssMegabytes(server.pid);
    const worst: number[] = [];
    const megabytes: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      const figures = await storm(server, clients);
      t.diagnostic(figures.map(({ name, value }) => `${name} ${Math.round(value)} ms`).join(', '));
      worst.push(Math.max(...figures.map(({ value, bar }) => value / bar)));
      megabytes.push(rssMegabytes(server.pid));
    }
    assert.ok(Math.min(...worst) < 1, `${worst} of a bar`);
    // Memory rises and falls by this much between two collections; a leak would only rise.
    const growth = Math.min(...megabytes) - warm;
    assert.ok(growth < 50, `${growth} MB more`);
  });
});

/** Everything received until the connection is closed. */
async function answerOf(socket: Socket): Promise<string> {
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  // A reset, at which `once` would reject, is a close too.
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  await promise;
  return answer;
}

async function timeOfHealth(server: ServerProcess): Promise<number> {
  const begun = performance.now();
  assert.equal((await server.request('GET', '/health')).status, 200);
  return performance.now() - begun;
}
