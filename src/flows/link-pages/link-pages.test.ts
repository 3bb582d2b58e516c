import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { createTestApp } from '../../../test/test-app.ts';

test('pages and assets are served with their types, and 304 to a client that has them', async (t) => {
  const { api } = await createTestApp(t, { PROJECT_NAME: 'Ada & "Co"' });
  const html = /^text\/html/;
  const script = /^text\/javascript/;
  const answers = [
    [await api.get('/app/reset-password'), html],
    [await api.get('/app/verify-email'), html],
    [await api.get('/app/undo'), html],
    [await api.get('/app/assets/page.css'), /^text\/css/],
    [await api.get('/app/assets/tokens.css'), /^text\/css/],
    [await api.get('/app/assets/inter.woff2'), /^font\/woff2/],
    [await api.get('/app/assets/link-token.js'), script],
    [await api.get('/app/assets/confirm-link.js'), script],
    [await api.get('/app/assets/reset-password.js'), script],
    [await api.get('/app/assets/verify-email.js'), script],
    [await api.get('/app/assets/undo.js'), script],
  ] as const;
  for (const [answer, type] of answers) {
    assertStatus(answer, 200);
    assert.match(String(answer.headers['content-type']), type);
    assert.match(String(answer.headers['content-security-policy']), /script-src 'self';/);
    if (type === html) assert.doesNotMatch(answer.text, /\{\{/);
  }
  assert.match(answers[0][0].text, /<title>Set a new password – Ada &amp; &quot;Co&quot;<\/title>/);
  const etag = String(answers[0][0].headers.etag);
  assertStatus(await api.get('/app/reset-password', { headers: { 'if-none-match': etag } }), 304);
  assertStatus(await api.get('/app/assets/other.js'), 404);
  assertStatus(await api.get('/app/assets/..%2froutes.ts'), 404);
});
