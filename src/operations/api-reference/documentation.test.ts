import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { assertStatus } from '../../../test/api.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { referencePage } from './reference/reference-page.ts';

const project = { PROJECT_NAME: 'Ada & Co', PUBLIC_URL: 'https://accounts.example.com' };

test('the document names the service and its address', async (t) => {
  const { api } = await createTestApp(t, project);
  const answer = await api.get('/openapi.json');
  assertStatus(answer, 200);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.body.info.title, 'Ada & Co API');
  assert.deepEqual(answer.body.servers, [
    { url: 'https://accounts.example.com', 'x-internal': false },
  ]);
});

test('/docs and /redoc are one page with the name of the service, escaped', async (t) => {
  const { api } = await createTestApp(t, project);
  for (const answer of [await api.get('/docs'), await api.get('/redoc')]) {
    assertStatus(answer, 200);
    assert.match(answer.text, /<title>Ada &amp; Co API<\/title>/);
  }
  assert.equal((await api.get('/docs')).text, (await api.get('/redoc')).text);
});

test('a browser loads the reference in under 150 kB, from here alone, and once', async (t) => {
  const { api } = await createTestApp(t, project);
  const asBrowser = { headers: { 'accept-encoding': 'gzip, deflate, br, zstd' } };
  const page = await api.get('/docs');
  assertStatus(page, 200);
  assert.doesNotMatch(String(page.headers['content-security-policy']), /unsafe/);
  assert.doesNotMatch(page.text, /<style|style="|<script>| on\w+="/);
  let bytes = 0;
  for (const answer of [
    await api.get('/docs', asBrowser),
    await api.get('/docs/static/reference.css', asBrowser),
    await api.get('/docs/static/reference.js', asBrowser),
    await api.get('/docs/static/copy-code.js', asBrowser),
    await api.get('/docs/static/try-it-out.js', asBrowser),
    await api.get('/app/assets/tokens.css', asBrowser),
    await api.get('/app/assets/inter.woff2', asBrowser),
  ]) {
    assertStatus(answer, 200);
    bytes += Number(answer.headers['content-length']);
  }
  t.diagnostic(`${bytes} bytes`);
  const again = await api.get('/docs', {
    headers: { 'if-none-match': String(page.headers.etag) },
  });
  assertStatus(again, 304);
  assert.equal(again.text, '');
  assert.ok(bytes < 150_000, `${bytes} bytes`);
});

test('each encoding of a page has an ETag of its own, and is the same page', async (t) => {
  const { app } = await createTestApp(t, project);
  const get = (encoding: string) =>
    app.inject({ url: '/docs', headers: { 'accept-encoding': encoding } });
  const plain = await get('identity');
  assert.equal(plain.headers['content-encoding'], undefined);
  const tags = new Set([plain.headers.etag]);
  for (const [encoding, read] of [
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as const) {
    const { headers, rawPayload } = await get(encoding);
    assert.equal(headers['content-encoding'], encoding);
    assert.equal(headers.vary, 'Origin, Accept-Encoding');
    assert.deepEqual(read(rawPayload), plain.rawPayload);
    tags.add(headers.etag);
  }
  assert.equal(tags.size, 3);
});

test('no form is sent before its script is there, and none has an address to go to', async (t) => {
  const { api } = await createTestApp(t, project);
  const { text } = await api.get('/docs');
  const forms = [...text.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)];
  assert.ok(forms.length > 40);
  for (const [, attributes = '', content = ''] of forms) {
    assert.doesNotMatch(attributes, /action|\smethod/);
    assert.deepEqual(content.match(/<button [^>]*>/g), ['<button type="submit" disabled>']);
  }
});

test('the reference has every operation and schema, and no dead link', async (t) => {
  const { api } = await createTestApp(t, project);
  const { text } = await api.get('/redoc');
  const document = (await api.get('/openapi.json')).body;
  const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const methods of Object.values<Record<string, { operationId: string }>>(document.paths)) {
    for (const { operationId } of Object.values(methods))
      assert.ok(ids.has(operationId), operationId);
  }
  for (const name of Object.keys(document.components.schemas))
    assert.ok(ids.has(`schema-${name}`), name);
  const targets = [...text.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target);
  assert.ok(targets.length > 200);
  for (const target of targets) assert.ok(ids.has(target), `#${target}`);
  assert.equal(ids.size, [...text.matchAll(/ id="/g)].length, 'each id is unique');
});

test('all text of the document is escaped in the reference', () => {
  const evil = '<img src=x onerror=alert(1)>"\'&';
  const schema = { type: 'string', description: evil, enum: [evil], default: evil, example: evil };
  const operation = {
    operationId: 'getEvil',
    summary: evil,
    description: `\`${evil}\` ${evil}`,
    tags: ['Evil'],
    security: [{ [evil]: [evil] }],
    parameters: [{ name: evil, in: evil, schema }],
    requestBody: {
      content: {
        'application/json': { schema: { type: 'object', properties: { [evil]: schema } } },
      },
    },
    responses: { 200: { description: evil, content: { 'application/json': { schema } } } },
  };
  const page = referencePage({
    info: { title: evil, version: evil, description: `## ${evil}\n\n\`\`\`js\n${evil}\n\`\`\`` },
    servers: [{ url: evil }],
    tags: [{ name: 'Evil', description: evil }],
    paths: { [`/${evil}`]: { get: operation } },
    components: {
      schemas: { Evil: schema },
      responses: {},
      securitySchemes: { evil: { type: 'apiKey', name: evil, description: evil } },
    },
  });
  assert.doesNotMatch(page, /<img/);
  assert.ok(page.split('&lt;img').length > 20);
});
