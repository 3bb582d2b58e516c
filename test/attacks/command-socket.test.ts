import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { connectToServer } from '../../src/cli/local-socket/ask-server.ts';
import { serveCommands } from '../../src/cli/local-socket/serve-commands.ts';
import { UnsafeSocketError } from '../../src/cli/local-socket/socket-path.ts';
import { version } from '../../src/configuration/version.ts';
import { assertStatus } from '../api.ts';
import { commandDependencies, openCommandLine, temporaryDirectory } from '../command-line.ts';
import { createTestApp } from '../test-app.ts';

function rightsOf(path: string): number {
  return lstatSync(path).mode & 0o777;
}

function socketOf(dataDir: string): string {
  return join(dataDir, 'command-line/adl.sock');
}

async function open(t: TestContext, dataDir: string): Promise<Socket> {
  const socket = connect({ path: socketOf(dataDir), allowHalfOpen: true });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket.on('error', () => {});
}

test('the socket is for its owner alone, also in a directory that is open to all', async (t) => {
  const service = await createTestApp(t);
  const dataDir = temporaryDirectory(t);
  mkdirSync(join(dataDir, 'command-line'));
  for (const path of [dataDir, join(dataDir, 'command-line')]) chmodSync(path, 0o777);
  const server = await serveCommands(commandDependencies(service, dataDir));
  assert.equal(rightsOf(socketOf(dataDir)), 0o600);
  assert.equal(rightsOf(join(dataDir, 'command-line')), 0o700);
  await server?.close();
  assert.equal(existsSync(socketOf(dataDir)), false);
});

test('a symbolic link at the path of the socket is replaced, its target left alone', async (t) => {
  const service = await createTestApp(t);
  const dataDir = temporaryDirectory(t);
  const target = join(dataDir, 'target');
  writeFileSync(target, 'whole');
  mkdirSync(join(dataDir, 'command-line'), { mode: 0o700 });
  symlinkSync(target, socketOf(dataDir));
  await assert.rejects(connectToServer(dataDir), UnsafeSocketError);
  const server = await serveCommands(commandDependencies(service, dataDir));
  assert.ok(lstatSync(socketOf(dataDir)).isSocket());
  assert.equal(readFileSync(target, 'utf8'), 'whole');
  await server?.close();
});

test('a directory of the socket that is a link elsewhere is not used; the service goes on', async (t) => {
  const service = await createTestApp(t);
  const dataDir = temporaryDirectory(t);
  symlinkSync(temporaryDirectory(t), join(dataDir, 'command-line'));
  assert.equal(await serveCommands(commandDependencies(service, dataDir)), null);
  assert.match(service.logs(), /command line: failed/);
});

test('a client tells no password to a socket that others could have made', async (t) => {
  const service = await createTestApp(t);
  const { dataDir } = await openCommandLine(t, service);
  chmodSync(join(dataDir, 'command-line'), 0o770);
  await assert.rejects(connectToServer(dataDir), UnsafeSocketError);
});

test('a path longer than the kernel takes for a socket works all the same', async (t) => {
  if (process.platform !== 'linux') return t.skip('through /proc, which only Linux has');
  const service = await createTestApp(t);
  const dataDir = join(temporaryDirectory(t), 'long'.repeat(40));
  mkdirSync(dataDir);
  const server = await serveCommands(commandDependencies(service, dataDir));
  const connection = await connectToServer(dataDir);
  assert.ok(connection !== null && lstatSync(socketOf(dataDir)).isSocket());
  connection.close();
  await server?.close();
});

const order = (fields: object) =>
  JSON.stringify({ version, command: 'admin list', parameters: {}, ...fields });

for (const [what, sent, answer] of [
  ['garbage', 'GET / HTTP/1.1\r\n\r\n', /no order/],
  ['binary noise', Buffer.from([0, 255, 254, 10, 0, 10]), /no order/],
  ['an order without an end', 'x'.repeat(200_000), /no order/],
  ['an order that is no object', '[]\n', /no order/],
  ['an end without an order', '', /no order/],
  ['an unknown command', `${order({ command: '__proto__' })}\n`, /no such command/],
  ['a local command', `${order({ command: 'config check' })}\n`, /no such command/],
  ['parameters that no command has', `${order({ parameters: { sql: 'x' } })}\n`, /is unknown/],
  ['an order of another version', `${order({ version: '0.0.1' })}\n`, /restart the server/],
] as const) {
  test(`on the socket of the command line, ${what} gets a refusal and an end`, async (t) => {
    const service = await createTestApp(t);
    const line = await openCommandLine(t, service);
    const socket = await open(t, line.dataDir);
    socket.end(sent);
    assert.match(await text(socket), answer);
    assert.deepEqual(await line.result('admin list'), { count: 0, total: 0 });
  });
}

test('a client that sends no order in time is cut off', async (t) => {
  const service = await createTestApp(t);
  const dataDir = temporaryDirectory(t);
  const server = await serveCommands(commandDependencies(service, dataDir), 100);
  const socket = await open(t, dataDir);
  socket.write('{"version":');
  assert.match(await text(socket), /no order/);
  await server?.close();
});

test('a hundred clients that stall keep nobody from the service, and are refused beyond 16', async (t) => {
  const service = await createTestApp(t);
  const { dataDir } = await openCommandLine(t, service);
  const sockets = await Promise.all(Array.from({ length: 100 }, () => open(t, dataDir)));
  const answers = sockets.slice(16).map((socket) => text(socket));
  for (const socket of sockets.slice(16)) socket.end();
  for (const answer of await Promise.all(answers)) assert.match(answer, /Too many commands/);
  assertStatus(await service.api.get('/health'), 200);
});

test('a command under way is told that the server stops, and the stop does not wait for it', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const socket = await open(t, line.dataDir);
  socket.write('{"version":');
  const startedAt = performance.now();
  const answer = text(socket);
  await line.server.close();
  assert.match(await answer, /server is stopping/);
  assert.ok(performance.now() - startedAt < 3000);
  assert.equal(await connectToServer(line.dataDir), null);
});

test('a client that leaves in the middle stops its command', async (t) => {
  const service = await createTestApp(t);
  const { dataDir } = await openCommandLine(t, service);
  const connection = await connectToServer(dataDir);
  const gone = new AbortController();
  const asked = connection?.ask(
    'admin list',
    {},
    {
      input: Readable.from([]),
      signal: gone.signal,
      send: async () => {},
    },
  );
  gone.abort();
  await assert.rejects(async () => asked, { name: 'AbortError' });
  assertStatus(await service.api.get('/health'), 200);
});
