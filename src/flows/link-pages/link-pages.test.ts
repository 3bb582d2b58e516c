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
    [await api.get('/app/invitation'), html],
    [await api.get('/app/undo'), html],
    [await api.get('/app/assets/page.css'), /^text\/css/],
    [await api.get('/app/assets/tokens.css'), /^text\/css/],
    [await api.get('/app/assets/inter.woff2'), /^font\/woff2/],
    [await api.get('/app/assets/link-token.js'), script],
    [await api.get('/app/assets/confirm-link.js'), script],
    [await api.get('/app/assets/password-input.js'), script],
    [await api.get('/app/assets/invitation.js'), script],
    [await api.get('/app/assets/reset-password.js'), script],
    [await api.get('/app/assets/verify-email.js'), script],
    [await api.get('/app/assets/undo.js'), script],
    [await api.get('/app/sign-in-failed'), html],
    [await api.get('/app/assets/sign-in-failed.js'), script],
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

test('pages speak the reader’s language, caches keep them apart, and nothing is left out', async (t) => {
  const { api } = await createTestApp(t, {
    APP_URL: 'https://app.example.com/home',
    BRANDING: '{"terms_url":"https://example.com/terms"}',
    PASSWORD_MIN_LENGTH: '11',
    // With a mailbox.
    ENVIRONMENT: 'development',
  });
  const german = { 'accept-language': 'de-DE,de;q=0.9,en;q=0.8' };
  for (const path of ['/app/reset-password', '/app/verify-email', '/app/undo', '/app/mailbox']) {
    const [plain, other] = [await api.get(path), await api.get(path, { headers: german })];
    assert.match(plain.text, /<html lang="en">/);
    assert.match(other.text, /<html lang="de">/);
    assert.equal(other.headers['content-language'], 'de');
    assert.match(String(other.headers.vary), /^Origin, Accept-Language(, Accept-Encoding)?$/);
    assert.notEqual(plain.headers.etag ?? 'en', other.headers.etag ?? 'de');
    assert.doesNotMatch(plain.text + other.text, /\{\{|undefined|\{length\}/);
  }
  const reset = await api.get('/app/reset-password', { headers: german });
  assert.match(reset.text, /<title>Neues Passwort festlegen – /);
  assert.match(reset.text, /Mindestens 11 Zeichen/);
  assert.match(reset.text, /href="https:\/\/app.example.com\/home">Zurück zur Anwendung</);
  assert.match(reset.text, /href="https:\/\/example.com\/terms">Nutzungsbedingungen</);
});

test('a language that asks for the impossible is English, and reaches no header', async (t) => {
  const { api } = await createTestApp(t);
  for (const wanted of ['xx', '<script>', '../de', 'de"', '*;q=0', '__proto__']) {
    const headers = { 'accept-language': wanted };
    const answer = await api.get('/app/undo', { headers });
    assert.equal(answer.headers['content-language'], 'en', wanted);
    assert.match(answer.text, /<html lang="en">/);
  }
});
