import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { verifiedUser } from '../email-calls.ts';
import { byCode, byEmail, confirm, signInMail } from '../email-sign-in-calls.ts';
import { addApp, codeOf, factorCalls } from '../factor-calls.ts';
import { accessTokenOf, signInWith, withPasskey } from '../passkeys/passkey-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

test('N01 GHSA-xg6x-h9c9-2m83: a mail opens nothing where a factor is in force', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const app = await addApp(service, userRealm, user.accessToken);
  const { db, api } = service;
  for (const shown of ['token', 'code'] as const) {
    const sessions = await db.selectFrom('sessions').selectAll().execute();
    const mail = await signInMail(service, user.email);
    const body = shown === 'token' ? { token: mail.token } : byCode(mail);
    const asked = await confirm(api, body);
    assertStatus(asked, 401);
    assert.equal(asked.body.details.reason, 'second_factor_required');
    assert.equal(asked.headers['set-cookie'], undefined);
    assert.deepEqual(await db.selectFrom('sessions').selectAll().execute(), sessions);
    assertStatus(await confirm(api, body), 401);
    const { challenge } = asked.body.details;
    const code = codeOf(service, app.secret);
    const signedIn = await api.post('/api/users/login/second-factor', { challenge, code });
    assertStatus(signedIn, 200);
    const newest = db.selectFrom('sessions').select(['methods', 'level']).orderBy('id', 'desc');
    assert.deepEqual(await newest.executeTakeFirst(), { methods: 'otp email', level: 2 });
    await service.clock.advance(30);
  }
});

test('N01: a factor put in force after the mail was sent is not left out', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  await addApp(service, userRealm, user.accessToken);
  const answer = await confirm(service.api, { token: mail.token });
  assertStatus(answer, 401);
  assert.equal(answer.body.details.reason, 'second_factor_required');
});

test('N01 a reset link opens nothing beside the mail: it sets a password', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  await addApp(service, userRealm, user.accessToken);
  const mail = await signInMail(service, user.email);
  const body = { token: mail.token, new_password: 'granite lantern 41 willow' };
  assertStatus(await service.api.post('/api/password/reset-password', body), 400);
  assertStatus(await service.api.post('/api/users/verify-email', { token: mail.token }), 400);
});

/** Removes the last passkey, in a session that it has opened. */
async function removeLastPasskey(service: TestApp, { keepsPassword = false } = {}) {
  const { authenticator, passkeyId } = await withPasskey(service, userRealm);
  const none = { password_scheme: null, password_hash: null };
  if (!keepsPassword) await service.db.updateTable('users').set(none).execute();
  const token = await accessTokenOf(signInWith(service, userRealm, authenticator));
  return factorCalls(service, userRealm, token).remove(passkeyId);
}

test('N12 the last passkey of who has no password goes where a mail signs in', async (t) => {
  assertStatus(await removeLastPasskey(await createTestApp(t)), 409);
  assertStatus(await removeLastPasskey(await createTestApp(t, byEmail)), 204);
});

test('N12 a password is no way in where users have none', async (t) => {
  const provider = {
    OIDC_PROVIDERS: 'work',
    OIDC_WORK_ISSUER: 'https://id.example.com',
    OIDC_WORK_CLIENT_ID: 'adl',
    OIDC_WORK_CLIENT_SECRET: 'a secret that the provider knows, too',
  };
  const off = { PASSWORD_SIGN_IN: 'false', EMAIL_SIGN_IN: 'false', ...provider };
  const service = await createTestApp(t, off);
  assertStatus(await removeLastPasskey(service, { keepsPassword: true }), 409);
});
