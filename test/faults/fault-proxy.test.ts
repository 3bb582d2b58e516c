import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCommitFinder } from './commit-finder.ts';
import { startFaultProxy } from './fault-proxy.ts';

test('pass forwards bytes and ends in both directions', async (t) => {
  const { proxy, open } = await startEcho(t);
  const socket = await open();
  const large = Buffer.alloc(1_000_000, 'x');
  socket.end(large);
  const chunks = await socket.toArray();
  assert.ok(Buffer.concat(chunks).equals(large));
  assert.equal(proxy.connections, 0);
});

test('refuse resets open connections and closes the port until the next mode', async (t) => {
  const { proxy, open } = await startEcho(t);
  const socket = await open();
  await proxy.mode('refuse');
  assert.equal(await failureOf(socket), 'ECONNRESET');
  await assert.rejects(open(), { code: 'ECONNREFUSED' });
  await proxy.mode('pass');
  assert.equal(await echo(await open(), 'again'), 'again');
});

test('reset lets clients connect, and resets them', async (t) => {
  const { proxy, open } = await startEcho(t);
  const socket = await open();
  await proxy.mode('reset');
  assert.equal(await failureOf(socket), 'ECONNRESET');
  // The reset may even arrive before the connection is established.
  assert.equal(await open().then(failureOf, (error) => error.code), 'ECONNRESET');
});

test('a black hole passes nothing, on open and new connections, until the next mode', async (t) => {
  const { proxy, open } = await startEcho(t);
  const before = await open();
  assert.equal(await echo(before, 'open'), 'open');
  await proxy.mode('black-hole');
  const answers = [echo(before, 'old'), echo(await open(), 'new')];
  assert.equal(await Promise.race([...answers, sleep(150, 'silence')]), 'silence');
  await proxy.mode('pass');
  assert.deepEqual(await Promise.all(answers), ['old', 'new']);
});

test('a delay holds each packet back, and ends with its mode', async (t) => {
  const { proxy, open } = await startEcho(t);
  const socket = await open();
  await proxy.mode({ delayMs: 60, jitterMs: 10 });
  const started = performance.now();
  assert.equal(await echo(socket, 'late'), 'late');
  const ms = performance.now() - started;
  assert.ok(ms >= 98 && ms < 1000, `${ms} ms`);
  await proxy.mode({ delayMs: 60_000 });
  const answer = echo(socket, 'released');
  await sleep(50);
  await proxy.mode('pass');
  assert.equal(await answer, 'released');
});

test('a rate limits the speed; the rest is sent at once when its mode ends', async (t) => {
  const { proxy, open } = await startEcho(t);
  const socket = await open();
  await proxy.mode({ bytesPerSecond: 1000 });
  const started = performance.now();
  assert.equal((await echo(socket, 'x'.repeat(200))).length, 200);
  const ms = performance.now() - started;
  assert.ok(ms >= 200 && ms < 1500, `${ms} ms`);
  await proxy.mode({ bytesPerSecond: 1 });
  const answer = echo(socket, 'y'.repeat(200));
  await sleep(50);
  await proxy.mode('pass');
  assert.equal((await answer).length, 200);
});

test('half-close ends what the client reads; what it sends still arrives', async (t) => {
  const { proxy, open, received } = await startEcho(t);
  const socket = await open();
  assert.equal(await echo(socket, 'first'), 'first');
  await proxy.mode('half-close');
  await once(socket, 'end');
  socket.write(' second');
  while (received() !== 'first second') await sleep(5);
  const other = await open();
  other.resume();
  await once(other, 'end');
});

test("a COMMIT is found whatever the chunks, and only in PostgreSQL's protocol", () => {
  const opening = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]);
  const stream = Buffer.concat([
    Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]),
    opening,
    message('Q', 'set synchronous_commit = on\0'),
    message('P', '\0select 1\0\0\0'),
    message('Q', 'Commit\0'),
  ]);
  const start = stream.length - message('Q', 'Commit\0').length;
  assert.equal(createCommitFinder().find(stream), start);
  for (let size = 1; size < stream.length; size++) {
    const finder = createCommitFinder();
    const found = [];
    for (let at = 0; at < stream.length; at += size) {
      found.push(finder.find(stream.subarray(at, at + size)));
    }
    const last = (found.length - 1) * size;
    assert.deepEqual(found.splice(-1), [Math.max(0, start - last)], `chunks of ${size}`);
    assert.ok(found.every((offset) => offset === null));
  }
  assert.equal(createCommitFinder().find(Buffer.from('EHLO there\r\nQ commit\r\n')), null);
});

test('a statement is found where it is prepared, and where it is used by its name', () => {
  const finder = createCommitFinder();
  finder.find(Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]));
  const statement = /^insert into "mails"/;
  const use = (name: string) => finder.find(message('B', `\0${name}\0\0\0`), statement);
  assert.equal(finder.find(message('P', 'one\0insert into "mails" values\0\0'), statement), 0);
  assert.equal(finder.find(message('P', 'two\0select "insert into mails"\0\0'), statement), null);
  assert.deepEqual(['one', 'two', 'three', ''].map(use), [0, null, null, null]);
});

function message(type: string, text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(4 + text.length);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(text)]);
}

async function startEcho(t: TestContext) {
  const sockets: Socket[] = [];
  let received = '';
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => {})
      .on('data', (bytes) => {
        received += bytes;
      });
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const targetPort = (server.address() as AddressInfo).port;
  const proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort });
  t.after(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const open = async (): Promise<Socket> => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket.on('error', () => {}));
    await once(socket, 'connect');
    return socket;
  };
  return { proxy, open, received: () => received };
}

async function echo(socket: Socket, text: string): Promise<string> {
  let answer = '';
  socket.write(text);
  while (answer.length < text.length) answer += (await once(socket, 'data'))[0];
  return answer;
}

async function failureOf(socket: Socket): Promise<string | undefined> {
  const [error] = await once(socket, 'error');
  return error.code;
}
