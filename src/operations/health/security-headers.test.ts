import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../../test/answer.ts';
import { assertStatus } from '../../../test/api.ts';
import { apiPolicy, forAll, pagePolicy } from '../../../test/expected-headers.ts';
import { createTestApp } from '../../../test/test-app.ts';

function assertHeaders({ headers }: Answer, expected: Record<string, string>, what: string): void {
  for (const [name, value] of Object.entries(expected))
    assert.equal(headers[name], value, `${what}: ${name}`);
  for (const name of ['server', 'x-powered-by']) assert.equal(headers[name], undefined, what);
}

test('J01 every JSON response has the eight headers for an API, whatever its status', async (t) => {
  const { api } = await createTestApp(t);
  const answers: [what: string, status: number, answer: Promise<Answer>][] = [
    ['200', 200, api.get('/health')],
    ['the document', 200, api.get('/openapi.json')],
    ['204', 204, api.request('OPTIONS', '/health')],
    ['HEAD', 200, api.request('HEAD', '/health')],
    ['400', 400, api.get('/%zz')],
    ['401', 401, api.get('/api/users/me')],
    ['404', 404, api.get('/nonexistent')],
    ['404 of a file', 404, api.get('/docs/static/nonexistent.js')],
    ['405', 405, api.post('/health')],
    ['413', 413, api.post('/api/users/login', undefined, { rawBody: 'x'.repeat(70_000) })],
    [
      '415',
      415,
      api.post('/api/users/login', undefined, {
        rawBody: 'x',
        headers: { 'content-type': 'text/plain' },
      }),
    ],
    ['422', 422, api.post('/api/users/login', {})],
  ];
  for (const [what, status, pending] of answers) {
    const answer = await pending;
    assertStatus(answer, status);
    assertHeaders(answer, { ...forAll, 'content-security-policy': apiPolicy }, what);
    if (status !== 204) assert.equal(answer.headers['content-type'], 'application/json', what);
  }
});

test('J01 every page has the eight headers for pages and its own browsing context', async (t) => {
  const { api } = await createTestApp(t);
  const page = {
    ...forAll,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  for (const path of ['/docs', '/docs/', '/redoc']) {
    const answer = await api.get(path);
    assertStatus(answer, 200);
    assert.match(String(answer.headers['content-type']), /^text\/html; charset=utf-8$/i);
    assertHeaders(answer, { ...page, 'content-security-policy': pagePolicy }, path);
  }
  const redirect = await api.get('/', { headers: { accept: 'text/html' } });
  assertHeaders(
    redirect,
    { ...forAll, 'cross-origin-opener-policy': 'same-origin' },
    'the redirect',
  );
  assert.doesNotMatch(String(redirect.headers['content-security-policy']), /unsafe/);
});

test('J01 assets of the pages are self-hosted, with types and all eight headers', async (t) => {
  const { api } = await createTestApp(t);
  const { text } = await api.get('/docs');
  const assets = [...text.matchAll(/<(?:script|link|img)\b[^>]*?(?:src|href)="([^"]+)"/g)]
    .map(([, url = '']) => url)
    .filter((url) => !url.startsWith('data:'));
  assert.ok(assets.length >= 4, assets.join());
  for (const asset of assets) {
    const path = new URL(asset, 'http://here.example/docs/').pathname;
    assert.equal(new URL(asset, 'http://here.example/docs/').origin, 'http://here.example');
    const answer = await api.get(path);
    assertStatus(answer, 200);
    assertHeaders(answer, forAll, path);
    assert.match(String(answer.headers['content-type']), /javascript|css|png/, path);
  }
});

test('J06 nothing under /api may be cached, including errors', async (t) => {
  const { api } = await createTestApp(t);
  for (const path of [
    '/api/users/me',
    '/api/nonexistent',
    '/api/users/me/x.css',
    '/api/users/%ff',
    '/api/users/me?x=.png',
  ]) {
    const answer = await api.get(path);
    assert.equal(answer.headers['cache-control'], 'no-store', path);
    assert.notEqual(answer.status, 200, path);
  }
});

test('M08 DOCS_ENABLED=false removes the document, both pages and their assets', async (t) => {
  const { api } = await createTestApp(t, { DOCS_ENABLED: 'false' });
  for (const path of [
    '/docs',
    '/docs/',
    '/docs/static/reference.css',
    '/docs/static/try-it-out.js',
    '/redoc',
    '/openapi.json',
  ]) {
    assertStatus(await api.get(path), 404);
  }
  assertStatus(await api.get('/health'), 200);
});

test('M08 in production the documentation is self-hosted and lists only public paths', async (t) => {
  const { api } = await createTestApp(t, {
    ENVIRONMENT: 'production',
    DATABASE_URL: 'embedded',
    SECRET_KEY: 'cHJvZHVjdGlvbiBvZiB0aGUgdGVzdHMsIGdvb2QgZm9yIG5vdGhpbmc',
    PUBLIC_URL: 'https://accounts.adl.test',
    BCRYPT_ROUNDS: '10',
  });
  const document = await api.get('/openapi.json');
  assertStatus(document, 200);
  assertHeaders(document, { ...forAll, 'content-security-policy': apiPolicy }, '/openapi.json');
  const paths = Object.keys(document.body.paths);
  assert.ok(paths.includes('/api/users/login'));
  const known = /^\/(api\/.+|health(\/(live|ready))?|\.well-known\/[a-z.-]+)?$/;
  for (const path of paths) assert.match(path, known);
  assert.doesNotMatch(document.text, /metrics|mailbox|localhost|127\.0\.0\.1|\/srv\/|node_modules/);
  for (const path of ['/docs', '/redoc']) {
    const page = await api.get(path);
    assertHeaders(page, { ...forAll, 'content-security-policy': pagePolicy }, path);
    for (const [, url = ''] of page.text.matchAll(/(?:src|href)="([^"]+)"/g))
      assert.match(url, /^(\.?\/(?!\/)|data:|#)/, `${path}: ${url}`);
  }
});
