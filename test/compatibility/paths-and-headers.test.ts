import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';
import { exchange, requestText } from '../raw-http.ts';
import { createTestApp } from '../test-app.ts';

const allowed = 'https://app.good.com';
const cors = { CORS_ORIGINS: `${allowed},http://localhost:3000` };

test('only an allowed origin may send credentials', async (t) => {
  const { api } = await createTestApp(t, cors);
  const credentialsOf = async (method: string, path: string, headers: Record<string, string>) =>
    (await api.request(method, path, undefined, { headers })).headers[
      'access-control-allow-credentials'
    ];
  const preflight = { 'access-control-request-method': 'PUT' };
  for (const path of ['/health', '/api/users/me', '/nonexistent']) {
    assert.equal(await credentialsOf('GET', path, { origin: allowed }), 'true', path);
    assert.equal(
      await credentialsOf('OPTIONS', path, { origin: allowed, ...preflight }),
      'true',
      path,
    );
    for (const origin of ['https://evil.com', 'null', '*', 'https://APP.good.com', '']) {
      assert.equal(await credentialsOf('GET', path, { origin }), undefined, origin);
      assert.equal(
        await credentialsOf('OPTIONS', path, { origin, ...preflight }),
        undefined,
        origin,
      );
    }
    assert.equal(await credentialsOf('GET', path, {}), undefined, path);
  }
});

test('a preflight allows the headers of front ends, except that of cookie mode', async (t) => {
  const { api } = await createTestApp(t, cors);
  const headers = { origin: allowed, 'access-control-request-method': 'POST' };
  const answer = await api.request('OPTIONS', '/api/users/login', undefined, { headers });
  const names = String(answer.headers['access-control-allow-headers']).split(', ');
  for (const name of [
    'Authorization',
    'Content-Type',
    'X-Requested-With',
    'Cache-Control',
    'Idempotency-Key',
  ])
    assert.ok(names.includes(name), name);
  // The session cookie is for pages of the service's own origin.
  assert.ok(!names.includes('X-Session-Mode'));
});

test('a trailing slash is the same route, for every method and guard', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const admin = await signedInAdmin(service);
  const user = await signedInUser(service);
  const { accessToken: token } = admin;
  const list = await api.get('/api/admins/users/', { token });
  assertStatus(list, 200);
  assert.equal(list.body.items.length, 1);
  assertStatus(await api.get('/api/admins/users/?page=1', { token }), 200);
  assertStatus(await api.get('/api/admins/', { token }), 200);
  assertStatus(await api.get(`/api/admins/users/${user.id}/`, { token }), 200);
  assertStatus(
    await api.patch(`/api/admins/users/${user.id}/`, { full_name: 'Ada' }, { token }),
    200,
  );
  assertStatus(await api.get('/api/users/me/', { token: user.accessToken }), 200);
  assertStatus(await api.put('/api/users/me/', {}, { token: user.accessToken }), 200);
  const { username, password } = user;
  assertStatus(await api.post('/api/users/login/', { username, password }), 200);
  assertStatus(await api.get('/api/users/me/'), 401);
  for (const path of [
    '/health/',
    '/health/live/',
    '/docs/',
    '/redoc/',
    '/openapi.json/',
    '/app/reset-password/',
  ])
    assertStatus(await api.get(path), 200);
});

test('with a trailing slash a missing route is still a 404 or 405', async (t) => {
  const { api } = await createTestApp(t);
  for (const path of [
    '/api/users/login',
    '/api/admins/users/x/',
    '/api/admins/users/',
    '/health/',
  ]) {
    const answer = await api.request('PUT', path);
    assertStatus(answer, 405);
    const plain = await api.request('PUT', path.replace(/\/$/, ''));
    assert.equal(answer.headers.allow, plain.headers.allow, path);
    const options = await api.request('OPTIONS', path);
    assertStatus(options, 204);
    assert.equal(options.headers.allow, plain.headers.allow, path);
  }
  for (const path of [
    '/nonexistent/',
    '/api/admins/users//',
    '/api/users//me',
    '/api/users/login//',
  ])
    assertStatus(await api.get(path), 404);
});

test('a trailing slash has the same limits and the same exemptions', async (t) => {
  const { api } = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '2' });
  assertStatus(await api.get('/health/'), 200);
  assert.equal((await api.get('/api/users/me/')).headers['x-ratelimit-remaining'], '1');
  assert.equal((await api.get('/api/users/me')).headers['x-ratelimit-remaining'], '0');
  assertStatus(await api.get('/api/users/me/'), 429);
});

test('JSON has the type application/json without a charset', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const { app, api } = service;
  const answers = [
    await api.get('/'),
    await api.get('/health'),
    await api.get('/openapi.json'),
    await api.get('/api/users/me', { token: user.accessToken }),
    await api.get('/api/users/me'),
    await api.get('/nonexistent'),
    await api.request('PUT', '/health'),
    await api.post('/api/users/login', {}),
    await api.get('/%zz'),
    await api.request('HEAD', '/health'),
    ...(await exchange(app, 'nonsense\r\n\r\n')).answers,
    ...(await exchange(app, requestText('GET', '/health'), { answers: 1 })).answers,
  ];
  assert.equal(answers.length, 12);
  for (const { headers, text } of answers)
    assert.equal(headers['content-type'], 'application/json', text.slice(0, 200));
});

test('JSON ends with a newline, included in Content-Length, in development only', async (t) => {
  for (const [environment, end] of [
    ['development', '}\n'],
    ['test', '}'],
  ] as const) {
    const { app, api } = await createTestApp(t, { ENVIRONMENT: environment });
    const answers = [
      await api.get('/'),
      await api.get('/openapi.json'),
      await api.get('/nonexistent'),
      await api.get('/%zz'),
      ...(await exchange(app, 'nonsense\r\n\r\n')).answers,
    ];
    for (const { headers, text } of answers) {
      assert.equal(text.slice(text.lastIndexOf('}')), end);
      assert.equal(headers['content-length'], String(Buffer.byteLength(text)));
    }
    const [head, get] = [await api.request('HEAD', '/'), await api.get('/')];
    assert.equal(head.headers['content-length'], get.headers['content-length']);
    assert.equal((await api.get('/docs')).text.includes('<!'), true);
  }
});
