import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../../test/answer.ts';
import { assertStatus } from '../../../test/api.ts';
import { signedInAdmin } from '../../../test/factories.ts';
import { startWithoutDatabase } from '../../../test/second-app.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { version } from '../../configuration/version.ts';
import { readBuiltPages } from '../../platform/pages/built-pages.ts';

const browser = {
  headers: { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' },
};

test('the root welcomes an API client and links to everything', async (t) => {
  const { api } = await createTestApp(t, { PROJECT_NAME: 'Ada & Co' });
  const answer = await api.get('/');
  assertStatus(answer, 200);
  assert.deepEqual(answer.body, {
    message: 'Welcome to Ada & Co API!',
    version,
    docs: '/docs',
    redoc: '/redoc',
    health: '/health',
    app: '/app',
  });
  for (const accept of ['*/*', 'application/json', '']) {
    assertStatus(await api.get('/', { headers: { accept } }), 200);
  }
});

test('the root sends a browser to the set-up, then to the pages, or without pages to the docs', async (t) => {
  const service = await createTestApp(t);
  const hasPages = readBuiltPages() !== null;
  const sent = await service.api.get('/', browser);
  assertStatus(sent, 302);
  assert.equal(sent.headers.location, hasPages ? '/app/setup' : '/docs');
  await signedInAdmin(service);
  assert.equal((await service.api.get('/', browser)).headers.location, hasPages ? '/app' : '/docs');
  const without = await createTestApp(t, { DOCS_ENABLED: 'false' });
  assertStatus(await without.api.get('/', browser), hasPages ? 302 : 200);
});

test('/health reports a healthy service and its configuration', async (t) => {
  const { api } = await createTestApp(t, { PROJECT_NAME: 'Ada & Co' });
  const answer = await api.get('/health');
  assertStatus(answer, 200);
  const { timestamp, ...rest } = answer.body;
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, {
    status: 'healthy',
    version,
    environment: 'test',
    project: 'Ada & Co',
    database: { connected: true, error: null },
    email_configured: false,
    clock: { skew_seconds: null },
  });
  const mail = { SMTP_HOST: 'mail.example.com', SMTP_FROM_EMAIL: 'adl@example.com' };
  assert.equal(
    (await (await createTestApp(t, mail)).api.get('/health')).body.email_configured,
    true,
  );
});

test('/health is 503 without the database and says why in one word', async (t) => {
  const { api } = await startWithoutDatabase(t, await createTestApp(t));
  const answer = await api.get('/health');
  assertStatus(answer, 503);
  assert.equal(answer.headers['retry-after'], '1');
  assert.equal(answer.body.status, 'unhealthy');
  assert.deepEqual(answer.body.database, { connected: false, error: 'unreachable' });
  assert.equal(answer.body.version, version);
});

test('live reports that the process runs, whatever else is down', async (t) => {
  const test = await createTestApp(t, {}, { alone: true });
  const { api } = await startWithoutDatabase(t, test);
  assert.deepEqual((await api.get('/health/live')).body, { status: 'live' });
  for (const phase of ['starting', 'serving', 'draining'] as const) {
    test.readiness.phase = phase;
    assertStatus(await test.api.get('/health/live'), 200);
  }
});

test('ready is 200 only while the process serves and the database answers', async (t) => {
  const test = await createTestApp(t, {}, { alone: true });
  assert.deepEqual((await test.api.get('/health/ready')).body, { status: 'ready' });
  for (const phase of ['starting', 'draining'] as const) {
    test.readiness.phase = phase;
    const answer = await test.api.get('/health/ready');
    assertStatus(answer, 503);
    assert.deepEqual(answer.body, { status: phase });
  }
  const { api } = await startWithoutDatabase(t, test);
  const away = await api.get('/health/ready');
  assertStatus(away, 503);
  assert.deepEqual(away.body, { status: 'database_unreachable' });
});

test('during startup everything but health is a 503 with Retry-After', async (t) => {
  const { api, readiness } = await createTestApp(t, {}, { alone: true });
  readiness.phase = 'starting';
  for (const path of ['/', '/api/users/me', '/docs', '/nonexistent'])
    assertStatus(await api.get(path), 503);
  assertStatus(await api.get('/health'), 200);
});

test('while draining it still answers, with Connection: close', async (t) => {
  const { api, readiness } = await createTestApp(t, {}, { alone: true });
  assert.notEqual((await api.get('/')).headers.connection, 'close');
  readiness.phase = 'draining';
  for (const path of [
    '/',
    '/health/live',
    '/api/users/me',
    '/nonexistent',
    '/docs/static/reference.css',
  ]) {
    const answer = await api.get(path);
    assert.equal(answer.headers.connection, 'close', path);
    assert.notEqual(answer.status, 503, path);
  }
});

const allowed = 'https://app.example.com';
const cors = { CORS_ORIGINS: `${allowed},http://localhost:3000` };

test('an allowed origin is echoed exactly, with credentials, on errors too', async (t) => {
  const { api } = await createTestApp(t, cors);
  for (const origin of [allowed, 'http://localhost:3000']) {
    for (const path of ['/', '/api/users/me', '/nonexistent', '/openapi.json']) {
      const { headers } = await api.get(path, { headers: { origin } });
      assert.equal(headers['access-control-allow-origin'], origin);
      assert.match(String(headers.vary), /^Origin(,|$)/);
      assert.equal(headers['access-control-allow-credentials'], 'true');
      assert.match(String(headers['access-control-expose-headers']), /X-Request-ID/);
    }
  }
});

test('no other origin is echoed, however similar, and Vary always names Origin', async (t) => {
  const { api } = await createTestApp(t, cors);
  for (const origin of [
    'https://evil.example',
    'null',
    '*',
    'http://app.example.com',
    'https://app.example.com:444',
    'https://app.example.com.evil.example',
    'https://evilapp.example.com',
    'https://app.example.com.',
    'https://APP.example.com',
    'https://user@app.example.com',
    `${allowed}, https://evil.example`,
    `${allowed}/`,
  ]) {
    for (const answer of [
      await api.get('/', { headers: { origin } }),
      await preflight(api, '/api/users/me', { origin, 'access-control-request-method': 'PUT' }),
    ]) {
      assert.equal(answer.headers['access-control-allow-origin'], undefined, origin);
      assert.equal(answer.headers['access-control-allow-credentials'], undefined, origin);
      assert.equal(answer.headers.vary, 'Origin');
    }
  }
  for (const path of ['/', '/nonexistent', '/%ff', '/docs', '/docs/static/reference.css']) {
    assert.match(String((await api.get(path)).headers.vary), /^Origin(,|$)/, path);
  }
});

test('without CORS_ORIGINS no other origin may read anything', async (t) => {
  const { api } = await createTestApp(t);
  for (const origin of [allowed, 'http://localhost:3000', 'null']) {
    const { headers } = await api.get('/', { headers: { origin } });
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

test('a preflight needs no token and allows only the listed methods and headers', async (t) => {
  const { api } = await createTestApp(t, cors);
  for (const path of ['/api/users/me', '/api/users/login', '/nonexistent']) {
    const { status, headers, text } = await preflight(api, path, {
      origin: allowed,
      'access-control-request-method': 'TRACE',
      'access-control-request-headers': 'x-evil, authorization',
    });
    assert.deepEqual([status, text], [204, '']);
    assert.equal(headers['access-control-allow-origin'], allowed);
    assert.equal(headers['access-control-allow-methods'], 'GET, POST, PUT, PATCH, DELETE');
    assert.doesNotMatch(String(headers['access-control-allow-headers']), /evil|\*/i);
    assert.match(String(headers['access-control-allow-headers']), /Authorization,.* Content-Type/);
    assert.ok(Number(headers['access-control-max-age']) <= 7200);
  }
});

function preflight(
  api: { request(method: string, path: string, body: undefined, options: object): Promise<Answer> },
  path: string,
  headers: Record<string, string>,
): Promise<Answer> {
  return api.request('OPTIONS', path, undefined, { headers });
}
