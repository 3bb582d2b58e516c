import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { newRegistration, signedInUser } from '../factories.ts';
import { forgeToken, readToken } from '../forged-token.ts';
import { forgot, newPassword, reset } from '../reset-calls.ts';
import { assertRefused, refresh, refreshed, signedInTo, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp, testSecret } from '../test-app.ts';

const newSecret = 'b3RoZXIga2V5IG9mIHRoZSB0ZXN0cywgZ29vZCBmb3Igbm90aGluZw';
const idempotencyKey = 'attempt-1-of-this-client';
const hs256 = { ACCESS_TOKEN_ALGORITHM: 'HS256' };

type Rotation = { before: TestApp; during: TestApp; after: TestApp };

/**
 * One database before a key rotation, while the old key is still accepted, and after it is retired.
 * With HS256 access tokens depend on the secret, too.
 */
async function rotation(t: TestContext): Promise<Rotation> {
  return {
    before: await createTestApp(t, hs256),
    during: await createTestApp(t, {
      ...hs256,
      SECRET_KEY: newSecret,
      SECRET_KEY_PREVIOUS: testSecret,
    }),
    after: await createTestApp(t, { ...hs256, SECRET_KEY: newSecret }),
  };
}

for (const realm of realms) {
  test(`E20 ${realm.kind}: a token of the old key is valid until that key is retired`, async (t) => {
    const { before, during, after } = await rotation(t);
    const old = await signedInTo(before, realm);
    assert.equal(await statusOfMe(during.api, realm, old.accessToken), 200);
    assert.equal(await statusOfMe(after.api, realm, old.accessToken), 401);
    assertRefused(await refresh(after.api, realm, old.refreshToken), 'invalid_refresh_token');
    const logout = await after.api.post(`${realm.path}/logout`, {
      refresh_token: old.refreshToken,
    });
    assertStatus(logout, 401);

    const { username, password } = old;
    const login = await during.api.post(`${realm.path}/login`, { username, password });
    assertStatus(login, 200);
    assert.equal(readToken(login.body.access_token).header.kid, after.keys.current.kid);
    for (const { api } of [during, after])
      assert.equal(await statusOfMe(api, realm, login.body.access_token), 200);
    assert.equal(await statusOfMe(before.api, realm, login.body.access_token), 401);
  });
}

test('E20 an unknown kid, or the kid of another key than the signing one, is rejected', async (t) => {
  const { before, during } = await rotation(t);
  const { accessToken } = await signedInUser(before);
  const [kid, previousKid] = [during.keys.current.kid, before.keys.current.kid];
  assert.notEqual(kid, previousKid);
  const status = (header: Record<string, unknown>, key: Buffer) =>
    statusOfMe(during.api, userRealm, forgeToken(before, accessToken, { header, key }));
  const [current, previous] = [during.keys.current.jwt, before.keys.current.jwt];
  assert.equal(await status({ kid }, current), 200);
  assert.equal(await status({ kid: previousKid }, previous), 200);
  assert.equal(await status({ kid }, previous), 401);
  assert.equal(await status({ kid: previousKid }, current), 401);
  const unknown = [
    randomBytes(9).toString('base64url'),
    `${kid}x`,
    kid.slice(1),
    '',
    'current',
    'previous',
  ];
  for (const other of [...unknown, undefined]) {
    for (const key of [current, previous])
      assert.equal(await status({ kid: other }, key), 401, String(other));
  }
});

test('E20 keys derived from the secret are never published', async (t) => {
  const { api, keys } = await createTestApp(t);
  for (const path of ['/jwks.json', '/api/jwks', '/.well-known/openid-configuration'])
    assertStatus(await api.get(path), 404);
  const shown = [await api.get('/'), await api.get('/health'), await api.get('/metrics')];
  shown.push(await api.get('/.well-known/jwks.json'));
  for (const { text } of [...shown, await api.get('/openapi.json')]) {
    for (const key of [keys.current.jwt, keys.current.signingKey, keys.current.link])
      assert.ok(!text.includes(key.toString('base64url')) && !text.includes(key.toString('hex')));
  }
});

test('E20 a refresh token of the old key is exchanged once, and its reuse is detected', async (t) => {
  const { before, during, after } = await rotation(t);
  const old = await signedInUser(before);
  const renewed = await refreshed(during.api, userRealm, old.refreshToken, idempotencyKey);
  const again = await refreshed(during.api, userRealm, old.refreshToken, idempotencyKey);
  assert.equal(again.refreshToken, renewed.refreshToken);
  assert.equal(readToken(renewed.accessToken).header.kid, during.keys.current.kid);
  assert.equal(await statusOfMe(before.api, userRealm, renewed.accessToken), 401);
  assertRefused(
    await refresh(before.api, userRealm, renewed.refreshToken),
    'invalid_refresh_token',
  );

  // Renewed tokens no longer depend on the old key.
  const last = await refreshed(after.api, userRealm, renewed.refreshToken);
  assert.equal(await statusOfMe(after.api, userRealm, last.accessToken), 200);
  assertRefused(await refresh(during.api, userRealm, old.refreshToken), 'refresh_token_reused');
  assert.equal(await statusOfMe(after.api, userRealm, last.accessToken), 401);
});

test('E20 an answer lost before SECRET_KEY changed can be repeated exactly after it', async (t) => {
  const { before, during } = await rotation(t);
  const first = await signedInUser(before);
  const lost = await refreshed(before.api, userRealm, first.refreshToken, idempotencyKey);
  const again = await refreshed(during.api, userRealm, first.refreshToken, idempotencyKey);
  assert.equal(again.refreshToken, lost.refreshToken);
  assert.equal(readToken(again.accessToken).header.kid, during.keys.current.kid);
  const next = await refreshed(during.api, userRealm, again.refreshToken);
  assert.equal(await statusOfMe(during.api, userRealm, next.accessToken), 200);
});

test('E20 a replica without the new key cannot repeat its answer and reports no theft', async (t) => {
  const { before, during } = await rotation(t);
  const first = await signedInUser(before);
  const renewed = await refreshed(during.api, userRealm, first.refreshToken, idempotencyKey);
  const again = await refresh(before.api, userRealm, first.refreshToken, idempotencyKey);
  assertRefused(again, 'refresh_token_rotated');
  assert.equal(await statusOfMe(during.api, userRealm, renewed.accessToken), 200);
});

test('E20 a reset link mailed before SECRET_KEY changed still works after it', async (t) => {
  const { before, during, after } = await rotation(t);
  for (const service of [during, after]) {
    const user = await signedInUser(before);
    assertStatus(await forgot(before.api, user.email), 200);
    const token = await before.mailbox.token('password_reset', user.email);
    assertStatus(await reset(service.api, token), 200);
    assertStatus(await reset(service.api, token, 'meadow copper 77 drift'), 400);
    const login = { username: user.username, password: newPassword };
    assertStatus(await service.api.post('/api/users/login', login), 200);
  }
});

test('E20 a link queued before SECRET_KEY changed works until that key is retired', async (t) => {
  const { before, during, after } = await rotation(t);
  const verify = (token: string) => during.api.post('/api/users/verify-email', { token });
  const waiting = newRegistration();
  assertStatus(await before.api.post('/api/users/register', waiting), 201);
  assertStatus(await verify(await during.mailbox.token('email_verification', waiting.email)), 200);

  const late = newRegistration();
  assertStatus(await before.api.post('/api/users/register', late), 201);
  const mails = await after.mailbox.mails('email_verification');
  const mail = mails.find(({ recipient }) => recipient === late.email);
  assert.deepEqual([mail?.status, mail?.message], ['dead', null]);
});
