import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { signedInUser } from '../factories.ts';
import { createTestApp } from '../test-app.ts';

const allowed = 'https://app.good.com';
const overrides = { CORS_ORIGINS: `${allowed},http://localhost:3000` };

test('J02 an allowed origin is echoed exactly; lookalikes are not', async (t) => {
  const { api } = await createTestApp(t, overrides);
  const echoed = async (origin: string) => {
    const { headers } = await api.get('/api/users/me', { headers: { origin } });
    assert.equal(headers.vary, 'Origin', origin);
    const mayRead = headers['access-control-allow-origin'];
    assert.equal(headers['access-control-allow-credentials'], mayRead && 'true', origin);
    return mayRead;
  };
  for (const origin of [allowed, 'http://localhost:3000'])
    assert.equal(await echoed(origin), origin);
  for (const origin of [
    'https://evil.com',
    'null',
    'https://app.good.com.evil.com',
    'https://evilapp.good.com',
    'https://evil-app.good.com',
    'http://app.good.com',
    'https://app.good.com:8443',
    'https://app.good.com:443',
    'http://localhost:3001',
    'http://127.0.0.1:3000',
    'https://app.good.com%2eevil.com',
    'https://app.good.com@evil.com',
    'https://app.good.com\tx',
    'file://',
    'chrome-extension://app.good.com',
    'about:blank',
    '',
    'https://app.good.com.',
    'https://APP.good.com',
    'https://user@app.good.com',
    'https://app.good.com/',
    'https://good.com',
    '*',
    `${allowed},https://evil.com`,
    `${allowed} https://evil.com`,
  ]) {
    assert.equal(await echoed(origin), undefined, origin);
  }
});

test('J03 answers vary by Origin; a preflight lists only what exists, and succeeds', async (t) => {
  const service = await createTestApp(t, { ...overrides, RATE_LIMIT_PER_HOUR: '1' });
  const { api } = service;
  for (const origin of [undefined, allowed, 'https://evil.com']) {
    const { headers } = await api.get(
      '/health',
      origin === undefined ? {} : { headers: { origin } },
    );
    assert.equal(headers.vary, 'Origin');
  }
  for (const [method, wanted] of [
    ['POST', 'authorization,content-type'],
    ['PROPFIND', 'x-evil'],
    ['DELETE', 'x-http-method-override, cookie'],
    ['GET', ''],
  ] as const) {
    for (const path of ['/api/users/login', '/api/users/me', '/nonexistent']) {
      const headers = {
        origin: allowed,
        'access-control-request-method': method,
        ...(wanted && { 'access-control-request-headers': wanted }),
      };
      const answer = await api.request('OPTIONS', path, undefined, { headers });
      assertStatus(answer, 204);
      assert.equal(answer.headers['access-control-allow-origin'], allowed);
      assert.equal(answer.headers['access-control-allow-methods'], 'GET, POST, PUT, PATCH, DELETE');
      const names = String(answer.headers['access-control-allow-headers']).toLowerCase();
      assert.doesNotMatch(names, /evil|override|cookie|\*/);
      assert.ok(Number(answer.headers['access-control-max-age']) <= 7200);
    }
  }
});

test('J06 J07 no private answer may be cached, whatever its URL looks like', async (t) => {
  const { api, ...service } = await createTestApp(t);
  const { accessToken: token } = await signedInUser({ api, ...service });
  for (const path of [
    '/api/users/me',
    '/api/users/me?x=.png',
    '/api/users/me/x.css',
    '/api/users/me%2fx.js',
    '/api/users/me;.css',
    '/api/users/me/.css',
    '/api/users/me.css',
    '/api/users/me%00.css',
    '/api/users/me%3f.css',
    '/api/users/me%23.css',
    '/api/users//me',
    '/api/users/me/',
    '/static/..%2fapi/users/me',
    '/api/users/me/sessions',
  ]) {
    const answer = await api.get(path, { token });
    assert.equal(answer.headers['cache-control'], 'no-store', path);
    const isOneOfOurs = [
      '/api/users/me',
      '/api/users/me/',
      '/api/users/me?x=.png',
      '/api/users/me/sessions',
    ].includes(path);
    assert.equal(answer.status === 200, isOneOfOurs, path);
    // The version that If-Match needs; no cache may use it.
    const isVersioned = isOneOfOurs && !path.endsWith('sessions');
    assert.equal(answer.headers.etag !== undefined, isVersioned, path);
  }
});

test('J06 private answers ignore conditional and range requests', async (t) => {
  const { api, ...service } = await createTestApp(t);
  const { accessToken: token } = await signedInUser({ api, ...service });
  const known = {
    'if-none-match': '*',
    'if-modified-since': new Date().toUTCString(),
    range: 'bytes=0-9',
  };
  for (const path of ['/api/users/me', '/api/users/me/sessions']) {
    const answer = await api.get(path, { token, headers: known });
    assertStatus(answer, 200);
    for (const name of ['last-modified', 'expires', 'age', 'content-range', 'set-cookie'])
      assert.equal(answer.headers[name], undefined, `${path} ${name}`);
  }
});

test('J11 no answer reveals the software in use', async (t) => {
  const { api } = await createTestApp(t);
  for (const path of [
    '/',
    '/health',
    '/docs',
    '/redoc',
    '/app/reset-password',
    '/nonexistent',
    '/api/users/me',
    '/%zz',
    '/metrics',
  ]) {
    const { headers, text } = await api.get(path);
    for (const name of ['server', 'x-powered-by', 'via', 'x-aspnet-version'])
      assert.equal(headers[name], undefined, path);
    if (!path.startsWith('/docs'))
      assert.doesNotMatch(text, /fastify|node_modules|node\.js\/|express/i, path);
  }
});
