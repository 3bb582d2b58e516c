import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import {
  cookieOf,
  login,
  openPage,
  publicUrl,
  sameOrigin,
  send,
  withCookie,
} from '../cookie-page.ts';
import { createTestApp } from '../test-app.ts';

/**
 * Requests that a page on another site can make a browser send, with the headers the browser adds.
 */
const foreign: Record<string, Record<string, string>> = {
  'another site': { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
  'a sister host': { 'sec-fetch-site': 'same-site', origin: 'https://www.example.com' },
  'another site with our origin': { 'sec-fetch-site': 'cross-site', origin: publicUrl },
  'an old browser on another site': { origin: 'https://evil.test' },
  'a sandboxed frame': { origin: 'null' },
  'an origin that begins like ours': { origin: `${publicUrl}.evil.test` },
  'plain http': { origin: 'http://accounts.example.com' },
  'no origin headers': {},
};

for (const realm of realms) {
  test(`J05 ${realm.tag}: cookie prefix and attributes; no token in the body`, async (t) => {
    const page = await openPage(await createTestApp(t, { PUBLIC_URL: publicUrl }), realm);
    const answer = await login(page);
    assertStatus(answer, 200);
    const { name, value, maxAge, ...attributes } = cookieOf(answer) ?? {};
    assert.equal(name, `__Host-adl_${realm.kind}`);
    assert.equal(maxAge, realm === adminRealm ? 8 * 3600 : 7 * 24 * 3600);
    assert.deepEqual(attributes, { path: '/', httpOnly: true, secure: true, sameSite: 'strict' });
    assert.ok(String(answer.headers['set-cookie']).length < 4096);
    assert.deepEqual(Object.keys(answer.body).toSorted(), [
      'access_token',
      'expires_in',
      'token_type',
    ]);
    assert.ok(!answer.text.includes(String(value)));
    assert.ok(!page.service.logs().includes(String(value)));
  });

  test(`J05 ${realm.tag}: refresh rotates the cookie, sign-out clears it`, async (t) => {
    const page = await openPage(await createTestApp(t, { PUBLIC_URL: publicUrl }), realm);
    const first = await login(page);
    const second = await send(page, 'refresh', withCookie(first));
    assertStatus(second, 200);
    assert.notEqual(cookieOf(second)?.value, cookieOf(first)?.value);
    const third = await send(page, 'refresh', withCookie(second, { origin: publicUrl }));
    assertStatus(third, 200);
    const left = await send(page, 'logout', withCookie(third));
    assertStatus(left, 204);
    const { value, maxAge, name, path, secure } = cookieOf(left) ?? {};
    assert.deepEqual(
      { value, maxAge, name, path, secure },
      {
        value: '',
        maxAge: 0,
        name: `__Host-adl_${realm.kind}`,
        path: '/',
        secure: true,
      },
    );
    const dead = await send(page, 'refresh', withCookie(third));
    assertStatus(dead, 401);
    assert.equal(cookieOf(dead)?.maxAge, 0);
  });

  test(`J04 ${realm.tag}: no other origin signs in, refreshes or signs out by cookie`, async (t) => {
    const page = await openPage(await createTestApp(t, { PUBLIC_URL: publicUrl }), realm);
    let current = await login(page);
    for (const [who, headers] of Object.entries(foreign)) {
      for (const route of ['login', 'refresh', 'logout']) {
        const { username, password } = page.account;
        const body = route === 'login' ? { username, password } : undefined;
        const answer = await send(page, route, withCookie(current, headers), { body });
        assertStatus(answer, 403);
        assert.equal(answer.body.details.reason, 'not_same_origin', `${who}: ${route}`);
        assert.equal(cookieOf(answer), null);
      }
      current = await send(page, 'refresh', withCookie(current));
      assertStatus(current, 200);
    }
  });
}

test('J04 a cookie without X-Session-Mode authenticates nothing', async (t) => {
  const page = await openPage(await createTestApp(t, { PUBLIC_URL: publicUrl }), userRealm);
  const signedIn = await login(page);
  const { cookie } = withCookie(signedIn);
  const { api } = page.service;
  for (const route of ['refresh', 'logout']) {
    const path = `/api/users/${route}`;
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const headers = { cookie, 'content-type': type, 'sec-fetch-site': 'cross-site' };
      assertStatus(await api.post(path, undefined, { headers, rawBody: '{}' }), 415);
    }
    assertStatus(await api.post(path, undefined, { headers: { cookie, ...sameOrigin } }), 422);
  }
  for (const route of ['logout-all', 'change-password', 'me']) {
    assertStatus(
      await api.request(route === 'me' ? 'GET' : 'POST', `/api/users/${route}`, undefined, {
        headers: { cookie },
      }),
      401,
    );
  }
  assertStatus(await send(page, 'refresh', withCookie(signedIn)), 200);
});

test('J04 CORS never allows the X-Session-Mode header, whatever CORS_ORIGINS is', async (t) => {
  const origin = 'https://app.example.com';
  const { api } = await createTestApp(t, { PUBLIC_URL: publicUrl, CORS_ORIGINS: origin });
  const asked = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x-session-mode',
  };
  const preflight = await api.request('OPTIONS', '/api/users/refresh', undefined, {
    headers: asked,
  });
  assert.doesNotMatch(String(preflight.headers['access-control-allow-headers']), /x-session-mode/i);
});

test('J05 a rotated token keeps the cookie; a reused one ends session and cookie', async (t) => {
  const page = await openPage(await createTestApp(t, { PUBLIC_URL: publicUrl }), userRealm);
  const first = await login(page);
  const second = await send(page, 'refresh', withCookie(first));
  await page.service.clock.advance(11);
  const late = await send(page, 'refresh', withCookie(first));
  assertStatus(late, 401);
  assert.equal(late.body.details.reason, 'refresh_token_rotated');
  assert.equal(cookieOf(late), null);
  await page.service.clock.advance(60);
  const reused = await send(page, 'refresh', withCookie(first));
  assert.equal(reused.body.details.reason, 'refresh_token_reused');
  assert.equal(cookieOf(reused)?.maxAge, 0);
  assertStatus(await send(page, 'refresh', withCookie(second)), 401);
});

test('J05 each realm has its own cookie; a refresh token in the body too is refused', async (t) => {
  const service = await createTestApp(t, { PUBLIC_URL: publicUrl });
  const user = await openPage(service, userRealm);
  const admin = await openPage(service, adminRealm);
  const signedIn = await login(user);
  const asAdmin = { ...sameOrigin, cookie: `__Host-adl_admin=${cookieOf(signedIn)?.value}` };
  assertStatus(await send(admin, 'refresh', asAdmin), 401);
  assertStatus(await send(admin, 'refresh', withCookie(signedIn)), 401);
  const body = { refresh_token: user.account.refreshToken };
  const both = await send(user, 'refresh', withCookie(signedIn), { body });
  assertStatus(both, 422);
  assert.equal(both.body.details.errors[0].field, 'body');
  assertStatus(
    await send(user, 'refresh', { ...withCookie(signedIn), 'x-session-mode': 'Cookie' }),
    422,
  );
  assertStatus(await send(user, 'refresh', withCookie(signedIn)), 200);
});

test('J05 over plain HTTP in development the cookie has no prefix and no Secure', async (t) => {
  const page = await openPage(await createTestApp(t), userRealm);
  const answer = await login(page);
  const { name, value: _value, ...attributes } = cookieOf(answer) ?? {};
  assert.equal(name, 'adl_user');
  assert.deepEqual(attributes, {
    path: '/',
    maxAge: 7 * 24 * 3600,
    httpOnly: true,
    sameSite: 'strict',
  });
  assertStatus(
    await send(page, 'refresh', withCookie(answer, { origin: 'http://localhost:8000' })),
    200,
  );
});

test('J05 a retry with the old cookie and the same Idempotency-Key gets one answer', async (t) => {
  const page = await openPage(await createTestApp(t, { PUBLIC_URL: publicUrl }), userRealm);
  const first = await login(page);
  const keyed = { ...withCookie(first), 'idempotency-key': 'a-key-of-sixteen-or-more' };
  const answers = [await send(page, 'refresh', keyed), await send(page, 'refresh', keyed)];
  for (const answer of answers) assertStatus(answer, 200);
  assert.equal(new Set(answers.map((answer) => cookieOf(answer)?.value)).size, 1);
});
