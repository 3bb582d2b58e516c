import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { hashSync } from '@node-rs/bcrypt';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import {
  goodPassword,
  newRegistration,
  type SignedIn,
  signedInAdmin,
  signedInUser,
} from '../factories.ts';
import { occupyThread } from '../occupied-thread.ts';
import { type Call, callText, portOf } from '../raw-http.ts';
import { newPassword, reset, resetToken } from '../reset-calls.ts';
import { signedInTo, statusOfMe } from '../session-calls.ts';
import { dumpRows, storedPassword } from '../stored-passwords.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { until } from '../until.ts';

// One hash of 65 ms at a time; the queue holds what can be hashed in one second.
const narrow = { BCRYPT_ROUNDS: '10', HASH_THREADS: '1', HASH_QUEUE_MAX_WAIT_SECONDS: '1' };
const roomy = { HASH_THREADS: '1' };

async function openSocket(t: TestContext, service: TestApp, localAddress: string): Promise<Socket> {
  const socket = connect({ port: await portOf(service.app), host: '127.0.0.1', localAddress });
  t.after(() => socket.destroy());
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  return socket;
}

function loginOf({ username, password }: SignedIn): Call {
  return { path: '/api/users/login', body: { username, password } };
}

/** Sends a request, waits until it is queued for its hash, then closes the connection. */
async function abandon(t: TestContext, service: TestApp, call: Call): Promise<void> {
  const { state } = service.hasher;
  const letGo = occupyThread(t, service);
  const socket = await openSocket(t, service, '127.0.0.1');
  socket.write(callText(call));
  await until(() => state.queued === 1, 'queued');
  socket.destroy();
  await until(() => state.queued === 0, 'removed from the queue');
  assert.equal(state.running, 1, 'removed before its turn');
  await letGo();
}

/** No log line after offset `from` is a warning or an error. */
function assertQuietlyLogged(service: TestApp, from: number): void {
  const lines = service.logs().slice(from).trimEnd().split('\n');
  const parsed = lines.map((line) => JSON.parse(line) as { level: string; msg: string });
  assert.deepEqual(
    parsed.filter(({ level }) => level !== 'info' && level !== 'debug'),
    [],
  );
}

for (const realm of realms) {
  test(`${realm.kind}: abandoned sign-ins leave the queue at once and change nothing`, async (t) => {
    const service = await createTestApp(t, narrow, { alone: true });
    const { state } = service.hasher;
    const account = await signedInTo(service, realm);
    await portOf(service.app);
    const before = await dumpRows(service);
    const completed = state.completed;
    const letGo = occupyThread(t, service);
    const sockets: Socket[] = [];
    while (state.queued < state.capacity) {
      const socket = await openSocket(t, service, `127.8.0.${sockets.length + 1}`);
      sockets.push(socket);
      const password = sockets.length % 2 === 0 ? account.password : 'not the right one';
      socket.write(
        callText({ path: `${realm.path}/login`, body: { username: account.username, password } }),
      );
      await until(() => state.queued === sockets.length, 'one more is queued');
    }
    const { username, password } = account;
    const login = () =>
      service.api.post(
        `${realm.path}/login`,
        { username, password },
        { remoteAddress: '127.8.1.1' },
      );
    assertStatus(await login(), 503);
    const logged = service.logs().length;
    for (const socket of sockets) socket.destroy();
    await until(() => state.queued === 0, 'the queue is empty');
    assert.equal(state.running, 1);
    assert.equal(await dumpRows(service), before, 'no counter, no event, no session');
    const newcomer = login();
    await until(() => state.queued === 1, 'the new request is queued');
    await letGo();
    assertStatus(await newcomer, 200);
    assert.equal(state.completed - completed, 2, 'the running hash and the connected client only');
    assertQuietlyLogged(service, logged);
    const gone = service.logs().match(/499 Client Closed Request/g) ?? [];
    assert.equal(gone.length, sockets.length);
  });
}

test('a request abandoned while queued for its hash changes nothing', async (t) => {
  const service = await createTestApp(t, roomy);
  const admin = await signedInAdmin(service);
  const user = await signedInUser(service);
  const verified = { is_email_verified: true };
  await service.db.updateTable('users').set(verified).where('id', '=', user.id).execute();
  const options = { token: user.accessToken };
  const moved = { email: 'moved@example.com', current_password: goodPassword };
  assertStatus(await service.api.put('/api/users/me', moved, options), 200);
  const undoToken = await service.mailbox.token('email_changed', user.email);
  const token = await resetToken(service, user.email);
  const change = { current_password: goodPassword, new_password: newPassword };
  const calls: Call[] = [
    { path: '/api/users/register', body: newRegistration() },
    { path: '/api/admins/register', body: newRegistration(), token: admin.accessToken },
    { path: '/api/users/change-password', body: change, ...options },
    { path: '/api/admins/change-password', body: change, token: admin.accessToken },
    {
      method: 'PUT',
      path: '/api/users/me',
      body: { ...moved, email: 'again@example.com' },
      ...options,
    },
    { path: '/api/password/reset-password', body: { token, new_password: newPassword } },
    { path: '/api/users/undo', body: { token: undoToken } },
  ];
  const rows = async (): Promise<string> => {
    const accounts = await service.db.selectFrom('users').selectAll().orderBy('id').execute();
    const admins = await service.db.selectFrom('admins').selectAll().orderBy('id').execute();
    const links = await service.db.selectFrom('links').selectAll().orderBy('created_at').execute();
    const mails = await service.db.selectFrom('mails').select('id').orderBy('id').execute();
    const events = await service.db
      .selectFrom('audit_events')
      .select('event')
      .orderBy('id')
      .execute();
    return JSON.stringify([accounts, admins, links, mails, events]);
  };
  const logged = service.logs().length;
  for (const call of calls) {
    const before = await rows();
    await abandon(t, service, call);
    assert.equal(await rows(), before, call.path);
  }
  assertQuietlyLogged(service, logged);
  assert.equal(await statusOfMe(service.api, userRealm, user.accessToken), 200);
  assertStatus(await reset(service.api, token), 200);
});

test('requests pipelined behind an abandoned sign-in are not started', async (t) => {
  const service = await createTestApp(t, roomy);
  const user: SignedIn = await signedInUser(service);
  const sessions = await service.db.selectFrom('sessions').select('id').execute();
  const { state } = service.hasher;
  const before = state.completed;
  const letGo = occupyThread(t, service);
  const socket = await openSocket(t, service, '127.0.0.1');
  socket.write(callText(loginOf(user)).repeat(5));
  await until(() => state.queued === 1, 'only the first is queued');
  socket.destroy();
  await until(() => state.queued === 0, 'removed from the queue');
  await letGo();
  await until(() => state.running === 0, 'no hash is running');
  assert.equal(state.completed - before, 1);
  assert.deepEqual(await service.db.selectFrom('sessions').select('id').execute(), sessions);
});

test('an abandoned sign-in affects no other request', async (t) => {
  const service = await createTestApp(t, roomy);
  const user = await signedInUser(service);
  const { state } = service.hasher;
  const socket = await openSocket(t, service, '127.0.0.1');
  const login = callText(loginOf(user));
  let received = '';
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString();
  });
  socket.write(login);
  await until(() => received.includes('access_token'), 'the first is answered');
  const letGo = occupyThread(t, service);
  socket.write(login);
  const { username, password } = user;
  const other = service.api.post(
    '/api/users/login',
    { username, password },
    { remoteAddress: '127.8.2.1' },
  );
  await until(() => state.queued === 2, 'both are queued');
  socket.destroy();
  await until(() => state.queued === 1, 'the abandoned one is removed');
  await letGo();
  assertStatus(await other, 200);
});

test('a hash is not upgraded if the client disconnects first', async (t) => {
  const service = await createTestApp(t, roomy);
  const user = await signedInUser(service);
  const legacy = hashSync(user.password, { cost: 5 });
  await service.db.updateTable('users').set({ password_hash: legacy }).execute();
  const { hasher } = service;
  const socket = await openSocket(t, service, '127.0.0.1');
  const renewal = Promise.withResolvers<unknown>();
  const original = hasher.hash.bind(hasher);
  t.mock.method(hasher, 'hash', async (...given: Parameters<typeof original>) => {
    socket.destroy();
    await until(() => given[2]?.aborted === true, 'the service notices the disconnect');
    const renewed = original(...given);
    renewed.then(renewal.resolve, renewal.resolve);
    return renewed;
  });
  const sessions = await service.db.selectFrom('sessions').select('id').execute();
  socket.write(callText(loginOf(user)));
  assert.equal(((await renewal.promise) as Error).name, 'HashAbandonedError');
  assert.equal(
    (await service.db.selectFrom('sessions').select('id').execute()).length,
    sessions.length + 1,
  );
  assert.equal((await storedPassword(service, userRealm, user.username)).hash, legacy);
  assertQuietlyLogged(service, 0);
});

test('abandoned requests give back the turns of their account', async (t) => {
  const service = await createTestApp(t, roomy, { alone: true });
  const user = await signedInUser(service);
  const token = user.accessToken;
  // A token is enough: the password is wrong.
  const body = { email: 'moved@example.com', current_password: 'not the right one' };
  const turns = Math.floor((2 * service.config.databasePoolSize) / 5);
  for (let count = 0; count <= turns; count += 1)
    await abandon(t, service, { method: 'PUT', path: '/api/users/me', body, token });
  assert.equal(await statusOfMe(service.api, userRealm, token), 200);
});

test('the key of an abandoned request is free at once', async (t) => {
  const service = await createTestApp(t, roomy, { alone: true });
  const user = await signedInUser(service);
  const options = {
    token: user.accessToken,
    headers: { 'idempotency-key': 'the client of this one goes' },
  };
  const path = '/api/users/change-password';
  const body = { current_password: user.password, new_password: newPassword };
  await abandon(t, service, { path, body, ...options });
  await until(() => service.logs().includes('499 Client Closed Request'), 'it has ended');
  assertStatus(await service.api.post(path, body, options), 200);
});
