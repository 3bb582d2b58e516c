import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { createTestApp } from '../../../test/test-app.ts';

const project = { PROJECT_NAME: 'Ada & Co', PUBLIC_URL: 'https://accounts.example.com' };

test('the document names the service and its public address; the one for Swagger UI leaves the address out', async (t) => {
  const { api } = await createTestApp(t, project);
  const answer = await api.get('/openapi.json');
  assertStatus(answer, 200);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.body.info.title, 'Ada & Co API');
  assert.deepEqual(answer.body.servers, [{ url: 'https://accounts.example.com', 'x-internal': false }]);
  const { servers: _servers, ...rest } = answer.body;
  assert.deepEqual((await api.get('/docs/json')).body, rest);
});

test('both pages bear the name of the service, as text', async (t) => {
  const { api } = await createTestApp(t, project);
  for (const answer of [await api.get('/docs'), await api.get('/redoc')]) {
    assertStatus(answer, 200);
    assert.match(answer.text, /<title>Ada &amp; Co API<\/title>/);
  }
});

test('the script of ReDoc asks no other server for anything, and is sent again only where it changed', async (t) => {
  const { api } = await createTestApp(t, project);
  const script = await api.get('/redoc/redoc.standalone.js');
  assertStatus(script, 200);
  assert.ok(script.text.length > 500_000);
  assert.doesNotMatch(script.text, /cdn\.redoc/);
  const known = { headers: { 'if-none-match': String(script.headers.etag) } };
  const again = await api.get('/redoc/redoc.standalone.js', known);
  assertStatus(again, 304);
  assert.equal(again.text, '');
});
