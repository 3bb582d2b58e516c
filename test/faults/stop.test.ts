import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../free-port.ts';
import { type PrivatePostgres, startPrivatePostgres } from '../postgres/private-postgres.ts';
import { eventually } from './eventually.ts';
import { openRawConnection, type RawConnection } from './raw-connection.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const credentials = { username: 'stopper', password: 'violet harbour anvil 93' };

describe('FI-26 SIGTERM', { concurrency: true }, () => {
  let postgres: PrivatePostgres;
  before(async () => {
    postgres = await startPrivatePostgres({ fast: true });
  });
  after(() => postgres.destroy());

  test('SIGTERM: five seconds of answers that end their connections, then what is complete is answered, exit 0', async (t) => {
    const server = await startBusyServer(t, postgres);
    const idle = await openAll(t, server, 5, getRequest('/'));
    const silent = await openAll(t, server, 3, '');
    await openAll(t, server, 2, 'GET / HTTP/1.1\r\nHos');
    const [head, rest] = splitLogin();
    const late = await openAll(t, server, 5, head);
    const stuck = await openAll(t, server, 5, head);
    const logins = startLogins(server, 50);
    await eventually('all are under way', () => countOf(server, 'Incoming request: POST') >= 61);
    await eventually('idle ones were answered', () => idle.every((one) => one.received() !== ''));
    const open = countOf(server, 'Incoming request: POST') - countOf(server, 'completed: POST');
    assert.ok(open > 20, `only ${open} requests are under way`);

    const signalled = performance.now();
    const exited = server.terminate();
    await eventually('not ready', () => isDraining(server), 1000);
    while (performance.now() - signalled < 4500) {
      await assertLingers(t, server);
      await sleep(300);
    }
    assert.ok([...idle, ...silent].every((one) => !one.isClosed()));
    const [first] = idle;
    first?.send(getRequest('/health/live'));
    await first?.closed;
    assert.match(first?.received() ?? '', /"live"/);

    await Promise.all([...idle, ...silent].map(({ closed }) => closed));
    assert.ok(performance.now() - signalled > 4900);
    await eventually('refuses connections', () => isRefused(server), 1000);
    for (const one of late) one.send(rest);
    await Promise.all(late.map(({ closed }) => closed));
    for (const one of late) assertLastAnswer(one, 200);
    const unanswered = (await logins).filter(({ status }) => status !== 200);
    assert.deepEqual(unanswered, []);
    assert.deepEqual(await exited, { code: 0, signal: null }, server.logs());
    assert.ok(performance.now() - signalled < 30_000);
    for (const one of stuck) assert.match(one.received(), /^$|^HTTP\/1.1 (408|503) /);
    assert.match(server.stdoutLines().at(-1) ?? '', /Stopped/);
  });

  test('what has arrived when the listener closes, read or not, is answered, and not reset', async (t) => {
    const server = await startBusyServer(t, postgres);
    const kept = await openAll(t, server, 20, getRequest('/'));
    const silent = await openAll(t, server, 20, '');
    await eventually('kept ones were answered', () => kept.every((one) => one.received() !== ''));
    const exited = server.terminate();
    await eventually('not ready', () => isDraining(server), 1000);
    await sleep(4200);
    // It wakes when the time to close has come, and finds them all at once.
    process.kill(server.pid, 'SIGSTOP');
    const fresh = await openAll(t, server, 40, postRequest());
    for (const one of kept) one.send(postRequest());
    for (const one of silent) one.send(postRequest());
    await sleep(1500);
    process.kill(server.pid, 'SIGCONT');
    const all = [...fresh, ...kept, ...silent];
    await Promise.all(all.map(({ closed }) => closed));
    const unanswered = all.filter(
      (one) => !/ 422 .*\r\nconnection: close\r\n/is.test(one.received()),
    );
    assert.equal(unanswered.length, 0);
    assert.deepEqual(await exited, { code: 0, signal: null }, server.logs());
  });

  test('a second SIGTERM ends it at once, with another code than 0', async (t) => {
    const server = await startBusyServer(t, postgres);
    void server.terminate();
    await eventually('not ready', () => isDraining(server), 1000);
    const { code } = await inTime(server.terminate());
    assert.equal(code, 1);
  });

  test('a second SIGTERM ends several server processes as well', async (t) => {
    const server = await startBusyServer(t, postgres, {
      WEB_CONCURRENCY: '2',
      REDIS_URL: 'redis://127.0.0.1:1',
    });
    void server.terminate();
    await eventually('not ready', () => isDraining(server), 1000);
    const { code } = await inTime(server.terminate());
    assert.notEqual(code, 0);
  });

  test('SIGINT stops without the five seconds, and answers what is complete', async (t) => {
    const server = await startBusyServer(t, postgres);
    const logins = startLogins(server, 5);
    const [idle] = await openAll(t, server, 1, '');
    await eventually('all are under way', () => countOf(server, 'Incoming request: POST') >= 6);
    process.kill(server.pid, 'SIGINT');
    assert.deepEqual(await inTime(server.exited), { code: 0, signal: null });
    assert.ok((await logins).every(({ status }) => status === 200));
    assert.ok(idle?.isClosed());
  });

  test('SIGTERM ends a start that waits for its database, without the five seconds', async (t) => {
    const env = { DATABASE_URL: `postgresql://adl@127.0.0.1:${await findFreePort()}/postgres` };
    const server = await startServer(t, { env, waitReady: false });
    await eventually('waits', () => server.logs().includes('trying again'));
    assert.deepEqual(await inTime(server.terminate()), { code: 0, signal: null });
  });
});

/** One thread hashes so slowly that logins are under way for a while. */
async function startBusyServer(
  t: TestContext,
  postgres: PrivatePostgres,
  more: Record<string, string> = {},
): Promise<ServerProcess> {
  const hashing = { BCRYPT_ROUNDS: '9', HASH_THREADS: '1', HASH_QUEUE_MAX_WAIT_SECONDS: '60' };
  const env = { DATABASE_URL: postgres.url(), RATE_LIMIT_PER_HOUR: '0', ...hashing, ...more };
  const server = await startServer(t, { env });
  const body = { ...credentials, email: 'stopper@example.com' };
  const { status } = await server.request('POST', '/api/users/register', { body });
  assert.ok([201, 409].includes(status));
  return server;
}

function startLogins(server: ServerProcess, count: number) {
  const login = () =>
    server.request('POST', '/api/users/login', { body: credentials, timeoutMs: 30_000 });
  return Promise.all(Array.from({ length: count }, login));
}

function openAll(
  t: TestContext,
  server: ServerProcess,
  count: number,
  text: string,
): Promise<RawConnection[]> {
  return Promise.all(Array.from({ length: count }, () => openRawConnection(t, server.port, text)));
}

function getRequest(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

/** Not repeated by a proxy that got no answer. */
function postRequest(): string {
  const headers = 'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 2';
  return `POST /api/users/login HTTP/1.1\r\n${headers}\r\n\r\n{}`;
}

/** A login in two halves, the first of which ends in its body. */
function splitLogin(): [head: string, rest: string] {
  const body = JSON.stringify(credentials);
  const headers = `Host: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  const text = `POST /api/users/login HTTP/1.1\r\n${headers}\r\n\r\n${body}`;
  return [text.slice(0, -10), text.slice(-10)];
}

async function isDraining(server: ServerProcess): Promise<boolean> {
  const { status, body } = await server.request('GET', '/health/ready');
  return status === 503 && body.status === 'draining';
}

/** In the moment of closing, a connection may still be taken and reset. */
function isRefused(server: ServerProcess): Promise<boolean> {
  return server.request('GET', '/health/live').then(
    () => assert.fail('a new connection was answered'),
    (error: Error) => error.message.includes('ECONNREFUSED'),
  );
}

async function assertLingers(t: TestContext, server: ServerProcess): Promise<void> {
  const connection = await openRawConnection(t, server.port, getRequest('/'));
  await connection.closed;
  assertLastAnswer(connection, 200);
  assert.equal(await isDraining(server), true);
}

function assertLastAnswer(connection: RawConnection, status: number): void {
  assert.match(
    connection.received(),
    new RegExp(`^HTTP/1.1 ${status} .*\r\nconnection: close\r\n`, 'is'),
  );
}

/** Well below the five seconds in which a server at SIGTERM goes on answering. */
async function inTime<T>(end: Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await end;
  const ms = performance.now() - started;
  assert.ok(ms < 4000, `${ms} ms`);
  return result;
}

function countOf(server: ServerProcess, words: string): number {
  return server.logs().split(words).length - 1;
}
