import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listRoutes } from '../../src/process/route-list.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';
import { createTestApp } from '../test-app.ts';

type Route = { method: string; path: string; guard: string };

const routes: Route[] = (await listRoutes())
  .trim()
  .split('\n')
  .map((line) => {
    const [method = '', path = '', guard = ''] = line.split(/ +/);
    return { method, path, guard };
  });
// Those of services are in token-introspection.test.ts.
const guarded = routes.filter(({ guard }) => !['anyone', 'service'].includes(guard));
const someId = '01890a5d-ac96-774b-bcce-b302099a8057';

const madePasskey = {
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  response: { clientDataJSON: 'AAAA', attestationObject: 'AAAA' },
};

/** A body that passes the schema, so that the guard decides. */
function goodBody({ method, path }: Route): unknown {
  if (path.endsWith('/change-password')) {
    return { current_password: 'not the right one', new_password: 'new one, long enough' };
  }
  if (method === 'DELETE' && path === '/api/users/me') return { password: 'wrong' };
  if (method === 'POST' && path === '/api/admins/users')
    return { email: 'zoe@example.com', username: 'zoe' };
  if (path.endsWith('/users/invite')) return { email: 'yan@example.com' };
  if (path.endsWith('/reauthenticate')) return { password: 'wrong' };
  if (path.endsWith('/passkeys/:id')) return { name: 'The phone' };
  if (path.endsWith('/passkeys')) return { response: madePasskey };
  if (path.endsWith('/confirm')) return { code: '123456' };
  if (path.endsWith('/test-email')) return { to_email: 'ops@example.com' };
  return method === 'GET' || method === 'DELETE' ? undefined : {};
}

test('H01 guarded routes refuse anonymous, other realm, refresh token, deactivated', async (t) => {
  const test = await createTestApp(t, { TEST_EMAIL_ALLOW: 'ops@example.com' });
  const { api, db } = test;
  const accounts = {
    user: await signedInUser(test),
    admin: await signedInAdmin(test, { superadmin: false }),
    superadmin: await signedInAdmin(test),
  };
  const request = (route: Route, token?: string) => {
    const path = route.path.replace(':id', someId);
    return api.request(route.method, path, goodBody(route), token === undefined ? {} : { token });
  };
  assert.ok(guarded.length >= 18, `${guarded.length} guarded routes`);
  for (const route of guarded) {
    const label = `${route.method} ${route.path}`;
    const owner = accounts[route.guard as keyof typeof accounts];
    const stranger = route.guard === 'user' ? accounts.superadmin : accounts.user;
    assert.equal((await request(route)).status, 401, label);
    assert.equal((await request(route, stranger.accessToken)).status, 403, label);
    assert.equal((await request(route, owner.refreshToken)).status, 401, label);
    if (route.guard === 'superadmin') {
      assert.equal((await request(route, accounts.admin.accessToken)).status, 403, label);
    }
  }
  const passing = guarded.filter(({ path }) => !path.endsWith('/logout-all'));
  for (const route of passing) {
    const { status } = await request(
      route,
      accounts[route.guard as keyof typeof accounts].accessToken,
    );
    assert.ok(![401, 403].includes(status), `${route.method} ${route.path}: ${status}`);
  }
  await db.updateTable('users').set({ is_active: false }).execute();
  await db.updateTable('admins').set({ is_active: false }).execute();
  for (const route of guarded) {
    const { status } = await request(
      route,
      accounts[route.guard as keyof typeof accounts].accessToken,
    );
    assert.equal(status, 401, `${route.method} ${route.path}`);
  }
});

test('H01 a refused list request does not reveal the number of users', async (t) => {
  const test = await createTestApp(t);
  const { accessToken } = await signedInUser(test);
  const refusals = async () => [
    masked(await test.api.get('/api/admins/users')),
    masked(await test.api.get('/api/admins/users', { token: accessToken })),
  ];
  const before = await refusals();
  for (let added = 0; added < 12; added += 1) await signedInUser(test);
  assert.deepEqual(await refusals(), before);
});

test('H08 nobody reads or changes another account, whatever the request names', async (t) => {
  const test = await createTestApp(t);
  const { api } = test;
  const victim = await signedInUser(test);
  const attacker = await signedInUser(test);
  const as = { token: attacker.accessToken };
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
    assertStatus(await api.request(method, `/api/users/${victim.id}`, {}, as), 404);
  }
  const ids = { id: victim.id, user_id: victim.id, sub: victim.id, username: 'attacker.renamed' };
  const put = await api.put(`/api/users/me?id=${victim.id}&user_id=${victim.id}`, ids, as);
  assertStatus(put, 200);
  assert.equal(put.body.id, attacker.id);
  const names = ['x-user-id', 'x-userid', 'x-forwarded-user', 'x-remote-user', 'x-original-url'];
  const headers = Object.fromEntries(names.map((name) => [name, victim.id]));
  const me = await api.get(`/api/users/me?id=${victim.id}`, { ...as, headers });
  assertStatus(me, 200);
  assert.equal(me.body.id, attacker.id);
  assert.equal(me.body.username, 'attacker.renamed');

  const [session] = (await api.get('/api/users/me/sessions', { token: victim.accessToken })).body
    .items;
  assertStatus(await api.delete(`/api/users/me/sessions/${session.id}`, as), 404);
  const own = await api.get('/api/users/me', { token: victim.accessToken });
  assertStatus(own, 200);
  assert.equal(own.body.username, victim.username);
});

test('H09 a wrong method is 405 with Allow; no header or query can override it', async (t) => {
  const test = await createTestApp(t);
  const { api } = test;
  const { accessToken: token } = await signedInAdmin(test);
  for (const method of ['TRACE', 'PUT', 'DELETE', 'PATCH']) {
    const answer = await api.request(method, '/api/admins/users', undefined, { token });
    assertStatus(answer, 405);
    assert.equal(answer.headers.allow, 'GET, HEAD, OPTIONS, POST');
    assert.ok(!answer.text.includes(token));
  }
  const user = await signedInUser(test);
  // `/api/admins/:id` has a guarded PATCH; `me` is not a valid id, whoever asks.
  for (const who of [{ token }, { token: user.accessToken }, {}]) {
    const self = await api.patch('/api/admins/me', {}, who);
    assertStatus(self, 405);
    assert.equal(self.headers.allow, 'GET, HEAD, OPTIONS, PUT');
  }
  const session = `/api/users/me/sessions/${someId}`;
  for (const path of ['/api/users/me', '/api/users/login', session, '/', '/health', '/docs']) {
    const answer = await api.request('TRACE', path, undefined, { token: user.accessToken });
    assertStatus(answer, 405);
    assert.ok(String(answer.headers.allow).length > 0);
  }
  const names = ['x-http-method-override', 'x-http-method', 'x-method-override'];
  const headers = Object.fromEntries(names.map((name) => [name, 'DELETE']));
  assertStatus(await api.get('/api/admins/users?_method=DELETE', { token, headers }), 422);
  const list = await api.get('/api/admins/users', { token, headers });
  assertStatus(list, 200);
  assert.equal(list.body.total, 1);
  assertStatus(
    await api.post('/api/admins/audit-events?_method=GET', { _method: 'GET' }, { token, headers }),
    405,
  );
});

test('H13 a malformed id is 404 or 422 on every route that takes one', async (t) => {
  const test = await createTestApp(t);
  const tokens = {
    user: (await signedInUser(test)).accessToken,
    admin: (await signedInAdmin(test, { superadmin: false })).accessToken,
    superadmin: (await signedInAdmin(test)).accessToken,
  };
  const numbers = ['9223372036854775808', '-1', '0', '1e3', '0x1', '1.0', '1%20or%201=1', 'NaN'];
  const shapes = [
    `%7B${someId}%7D`,
    someId.replaceAll('-', ''),
    `${someId}%00`,
    `${someId}%20`,
    `urn:uuid:${someId}`,
  ];
  const ids = [
    ...numbers,
    ...shapes,
    '%00',
    '%2e%2e%2fme',
    '%F0%9F%94%91',
    'a'.repeat(10_000),
    someId,
  ];
  const taking = guarded.filter(({ path }) => path.includes(':id'));
  assert.ok(taking.length >= 6);
  for (const route of taking) {
    const token = tokens[route.guard as keyof typeof tokens];
    for (const id of ids) {
      const path = route.path.replace(':id', id);
      const answer = await test.api.request(route.method, path, goodBody(route), { token });
      assert.ok(
        [404, 422].includes(answer.status),
        `${route.method} ${path.slice(0, 100)}: ${answer.text}`,
      );
    }
  }
});

test('H13 an id in capitals is the same id, and never another record', async (t) => {
  const test = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(test);
  const users = [await signedInUser(test), await signedInUser(test)];
  for (const { id } of users) {
    const answer = await test.api.get(`/api/admins/users/${id.toUpperCase()}`, { token });
    assertStatus(answer, 200);
    assert.equal(answer.body.id, id);
  }
});

function masked({ status, headers, body }: Answer) {
  const { 'x-request-id': _id, date: _date, ...sameHeaders } = headers;
  return { status, headers: sameHeaders, body: { ...body, request_id: '', timestamp: '' } };
}
