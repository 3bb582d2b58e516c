import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newRegistration } from '../factories.ts';
import { startUnlimited } from './postgres-backed.ts';
import type { ServerProcess } from './server-process.ts';

describe('slow and many clients', () => {
  test('I09 a thousand sockets that send a byte of a header now and then are closed in 20 seconds, and nobody notices them', async (t) => {
    const server = await startUnlimited(t, {});
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
      await sleep(50);
    }
    assert.ok(percentile(latencies, 0.99) < 250, `p99 ${percentile(latencies, 0.99)} ms`);
  });

  test('I10 a body of a byte a second is answered 408 in 20 seconds, and holds no hash and no connection', async (t) => {
    const server = await startUnlimited(t, {});
    const [socket] = (await openSockets(t, server, 1)) as [Socket];
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    const begun = performance.now();
    const head = 'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{';
    socket.write(`POST /api/users/login HTTP/1.1\r\n${head}`);
    const timer = setInterval(() => socket.writable && socket.write(' '), 1000);
    t.after(() => clearInterval(timer));
    await once(socket, 'close', { signal: AbortSignal.timeout(20_000) });
    assert.ok(performance.now() - begun < 20_000);
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, /"error":"RequestTimeoutError"/);
  });

  test('I12 nine hundred requests down one socket are answered in their order, each with an id of its own', async (t) => {
    const server = await startUnlimited(t, {});
    const tokens = [await tokenOf(server), await tokenOf(server)];
    const [socket] = (await openSockets(t, server, 1)) as [Socket];
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    const count = 900;
    const lines = Array.from({ length: count }, (_, index) => {
      const token = tokens[index % 2]?.token ?? '';
      return `GET /api/users/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    });
    socket.write(lines.join(''));
    const names = () => [...received.matchAll(/"username":"(\w+)"/g)].map(([, name]) => name);
    while (names().length < count) await Promise.race([once(socket, 'data'), failAfter(20_000)]);
    assert.deepEqual(
      names(),
      lines.map((_, index) => tokens[index % 2]?.username),
    );
    assert.equal(new Set(received.match(/x-request-id: \S+/gi)).size, count);
  });

  test('I14 of two hundred sign-ins at once from as many addresses the surplus is 503 at once, and all others go on', async (t) => {
    const server = await startUnlimited(t, { BCRYPT_ROUNDS: '12' });
    const { token, username, password } = await tokenOf(server);
    const clients = Array.from({ length: 200 }, (_, index) => ({
      index,
      agent: new Agent({ keepAlive: true }),
    }));
    t.after(() => {
      for (const { agent } of clients) agent.destroy();
    });
    // All at once on connections that are open already.
    await Promise.all(clients.map((client) => send(server, client, ['GET', '/health/live'])));
    const storm = Promise.all(
      clients.map((client) => {
        const secret = client.index % 2 === 0 ? password : 'not the right one';
        return send(server, client, ['POST', '/api/users/login', { username, password: secret }]);
      }),
    );
    const reads: number[] = [];
    const probes: number[] = [];
    let isOver = false;
    void storm.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const begun = performance.now();
      assert.equal((await server.request('GET', '/api/users/me', { token })).status, 200);
      reads.push(performance.now() - begun);
      probes.push(await timeOfHealth(server));
    }
    const answers = await storm;
    assert.deepEqual(
      answers.filter(({ status }) => ![200, 401, 503].includes(status)),
      [],
    );
    const surplus = answers.filter(({ status }) => status === 503);
    assert.ok(surplus.length > 100, `${surplus.length} of 200 were too many`);
    for (const { milliseconds, retryAfter } of surplus) {
      assert.match(retryAfter ?? '', /^[1-3]$/);
      assert.ok(milliseconds < 500, `a refusal took ${milliseconds} ms`);
    }
    for (const { milliseconds } of answers) assert.ok(milliseconds < 5000);
    assert.ok(
      percentile(reads, 0.99) < 300 && percentile(probes, 0.99) < 100,
      `${percentile(reads, 0.99)} ms`,
    );
  });
});

async function openSockets(t: TestContext, { port }: ServerProcess, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1' }));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.on('error', () => {}).resume();
  await Promise.all(sockets.filter(({ connecting }) => connecting).map((socket) => once(socket, 'connect')));
  return sockets;
}

async function timeOfHealth(server: ServerProcess): Promise<number> {
  const begun = performance.now();
  assert.equal((await server.request('GET', '/health')).status, 200);
  return performance.now() - begun;
}

async function tokenOf(server: ServerProcess) {
  const body = newRegistration();
  assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  const signedIn = await server.request('POST', '/api/users/login', { body });
  return { ...body, token: String(signedIn.body.access_token) };
}

type Outcome = { status: number; milliseconds: number; retryAfter: string | undefined };

/** From an address of its own; the connection is kept for the next. */
function send(
  { port }: ServerProcess,
  client: { agent: Agent; index: number },
  [method, path, body]: [method: string, path: string, body?: object],
): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const begun = performance.now();
  const localAddress = `127.30.${client.index >> 8}.${(client.index & 255) + 1}`;
  const headers = { 'content-type': 'application/json' };
  const asked = httpRequest(
    { host: '127.0.0.1', port, path, method, agent: client.agent, localAddress, ...(body && { headers }) },
    (answer) => {
      answer.resume();
      answer.on('end', () => {
        const milliseconds = performance.now() - begun;
        resolve({ status: answer.statusCode ?? 0, milliseconds, retryAfter: answer.headers['retry-after'] });
      });
    },
  );
  asked.on('error', reject);
  asked.end(body && JSON.stringify(body));
  return promise;
}

async function failAfter(milliseconds: number): Promise<never> {
  await sleep(milliseconds, null, { ref: false });
  throw new Error(`not within ${milliseconds} ms`);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
