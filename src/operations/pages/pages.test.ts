import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { assertStatus } from '../../../test/api.ts';
import { signedInAdmin } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { createHttpServer } from '../../platform/http/http-server.ts';
import { readBuiltPages } from '../../platform/pages/built-pages.ts';
import { addPages } from './routes.ts';

const script = 'console.log("pages");\n';

/** What the build writes, with one small file. */
function builtPages(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'adl-pages-'));
  t.after(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'static'));
  writeFileSync(join(directory, 'static/pages-A1.js'), script);
  writeFileSync(join(directory, 'static/pages-A1.js.br'), brotliCompressSync(script));
  const manifest = {
    html: '<!doctype html><title>{{project_name}}</title>{{branding}}<script type="application/json">"{{settings}}"</script>',
    files: { 'pages-A1.js': { type: 'text/javascript; charset=utf-8', encodings: ['br'] } },
  };
  writeFileSync(join(directory, 'pages.json'), JSON.stringify(manifest));
  return readBuiltPages(directory);
}

async function servePages(t: TestContext, overrides: Record<string, string> = {}) {
  const service = await createTestApp(t, overrides);
  const app = createHttpServer(service.deps);
  app.decorateRequest('accessTokenClaims', null);
  app.decorateRequest('caller', null);
  addPages(app, service.deps, builtPages(t));
  t.after(() => app.close());
  const get = (url: string, headers: Record<string, string> = { accept: 'text/html' }) =>
    app.inject({ method: 'GET', url, headers });
  return { service, get };
}

test('pages are served under a strict policy, and 304 to a browser that has them', async (t) => {
  const { get } = await servePages(t);
  for (const path of ['/app', '/app/', '/app/sign-in', '/app/sign-in?return_to=%2Fapp']) {
    const { statusCode, headers } = await get(path);
    assert.equal(statusCode, 200, path);
    assert.match(String(headers['content-type']), /^text\/html/);
    assert.match(
      String(headers['content-security-policy']),
      /script-src 'self'; style-src 'self';/,
    );
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/);
    assert.equal(headers['cache-control'], 'no-cache');
    const etag = String(headers.etag);
    assert.equal((await get(path, { accept: 'text/html', 'if-none-match': etag })).statusCode, 304);
  }
});

test('an unknown address is a page with 404, and an error for what wants no page', async (t) => {
  const { get } = await servePages(t);
  for (const path of ['/app/nothing', '/app/sign-in/more', '/app/static']) {
    const page = await get(path);
    assert.equal(page.statusCode, 404, path);
    assert.match(page.body, /<!doctype html>/);
    const answer = await get(path, { accept: '*/*' });
    assert.equal(answer.statusCode, 404);
    assert.equal(answer.json().error, 'NotFoundError');
  }
});

test('files are kept for ever, compressed where the browser takes it, and nothing else is read', async (t) => {
  const { get } = await servePages(t);
  const plain = await get('/app/static/pages-A1.js', {});
  assert.equal(plain.body, script);
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(plain.headers.vary, 'Origin, Accept-Encoding');
  const compressed = await get('/app/static/pages-A1.js', {
    'accept-encoding': 'gzip, deflate, br;q=1',
  });
  assert.equal(compressed.headers['content-encoding'], 'br');
  assert.equal(compressed.rawPayload.length, brotliCompressSync(script).length);
  for (const file of [
    'pages-A1.js.br',
    'pages.json',
    '..%2fpages.json',
    '%2e%2e/pages.json',
    '__proto__',
    'constructor',
  ]) {
    assert.equal((await get(`/app/static/${file}`, {})).statusCode, 404, file);
  }
});

test('while there is no admin the console leads to the set-up, and afterwards the set-up to it', async (t) => {
  const { service, get } = await servePages(t);
  for (const path of ['/app/admin', '/app/admin/users/1']) {
    const { statusCode, headers } = await get(path);
    assert.deepEqual([statusCode, headers.location], [302, '/app/setup']);
  }
  assert.equal((await get('/app/setup')).statusCode, 200);
  assert.equal((await get('/app')).statusCode, 200);
  await signedInAdmin(service);
  assert.equal((await get('/app/admin')).statusCode, 200);
  const setup = await get('/app/setup');
  assert.deepEqual([setup.statusCode, setup.headers.location], [302, '/app/admin']);
});

test('a page has the public settings only, and no name ends its block of data', async (t) => {
  const { get } = await servePages(t, {
    PROJECT_NAME: 'Ada & "Co"',
    APP_URL: 'https://app.example.com/home',
  });
  const { body } = await get('/app');
  assert.match(body, /<title>Ada &amp; &quot;Co&quot;<\/title>/);
  const [, block = ''] = /<script type="application\/json">(.*)<\/script>/.exec(body) ?? [];
  assert.doesNotMatch(block, /</);
  const shown = JSON.parse(block) as Record<string, unknown>;
  assert.equal(shown.project_name, 'Ada & "Co"');
  assert.deepEqual(shown.return_origins, ['http://localhost:8000', 'https://app.example.com']);
  assert.doesNotMatch(block, /secret|key|smtp|database|redis|proxy|a2V5IG9m/i);
});

test('an accent is served as a style sheet, moved until it is readable in light and dark', async (t) => {
  const branding = { accent: '#ffee00', terms_url: 'https://example.com/terms' };
  const { get } = await servePages(t, { BRANDING: JSON.stringify(branding) });
  assert.match((await get('/app')).body, /<link rel="stylesheet" href="\/app\/branding.css">/);
  const { body, headers } = await get('/app/branding.css');
  assert.match(String(headers['content-type']), /^text\/css/);
  const [, light = '', dark = ''] = /--accent: light-dark\((#\w{6}), (#\w{6})\)/.exec(body) ?? [];
  assert.notEqual(light, '#ffee00', 'yellow on white is not readable');
  assert.equal(dark, '#ffee00');
});

test('every page is there where they have been built, and an error where they have not', async (t) => {
  const service = await createTestApp(t);
  await signedInAdmin(service);
  const { api } = service;
  const expected = readBuiltPages() === null ? 404 : 200;
  const answers = [
    await api.get('/app'),
    await api.get('/app/security'),
    await api.get('/app/activity'),
    await api.get('/app/privacy'),
    await api.get('/app/sign-in'),
    await api.get('/app/sign-in-link'),
    await api.get('/app/sign-up'),
    await api.get('/app/forgot-password'),
    await api.get('/app/admin'),
    await api.get('/app/admin/sign-in'),
    await api.get('/app/admin/users'),
    await api.get('/app/admin/users/01890a5d-ac96-774b-bcce-b302099a8057'),
    await api.get('/app/admin/admins'),
    await api.get('/app/admin/audit'),
    await api.get('/app/admin/mails'),
    await api.get('/app/admin/system'),
    await api.get('/app/admin/account'),
  ];
  for (const answer of answers) assertStatus(answer, expected);
  assertStatus(await api.get('/app/setup'), expected === 200 ? 302 : 404);
  assertStatus(await api.get('/app/static/none.js'), 404);
  assertStatus(await api.get('/app/*'), 404);
});
