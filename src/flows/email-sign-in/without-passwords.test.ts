import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { confirm, signInMail } from '../../../test/email-sign-in-calls.ts';
import { newRegistration, signedInAdmin, signedInUser, signIn } from '../../../test/factories.ts';
import { accept, invited } from '../../../test/invitation-calls.ts';
import { createAuthenticator } from '../../../test/passkeys/authenticator.ts';
import { offerPasskey, signInWith } from '../../../test/passkeys/passkey-calls.ts';
import { refreshed } from '../../../test/session-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { parseConfig } from '../../configuration/config.ts';
import { adminRealm, userRealm } from '../../domain/realms/realms.ts';

const noPasswords = { PASSWORD_SIGN_IN: 'false' };

test('a user registers with an address, signs in by the link, and adds a passkey', async (t) => {
  const service = await createTestApp(t, noPasswords);
  const { api } = service;
  const { password, ...registration } = newRegistration();
  assertStatus(await api.post('/api/users/register', { ...registration, password }), 422);
  assertStatus(await api.post('/api/users/register', registration), 201);
  const token = await service.mailbox.token('first_sign_in', registration.email);
  const answer = await confirm(api, { token });
  assertStatus(answer, 200);
  const me = await api.get('/api/users/me', { token: answer.body.access_token });
  assert.deepEqual([me.body.username, me.body.is_email_verified], [registration.username, true]);
  assertStatus(await confirm(api, { token }), 401);
  const authenticator = createAuthenticator();
  const person = { accessToken: answer.body.access_token };
  assertStatus(await offerPasskey(service, userRealm, person, authenticator), 201);
  assertStatus(await signInWith(service, userRealm, authenticator), 200);
});

test('a password opens, sets and proves nothing, also one from before', async (t) => {
  const service = await createTestApp(t, noPasswords);
  const { api } = service;
  const user = await signedInUser(service);
  const { username, password, email } = user;
  const asUser = { token: user.accessToken };
  const change = { current_password: password, new_password: 'granite lantern 41 willow' };
  const moved = { email: 'new@example.com', current_password: password };
  const set = { token: 'x', new_password: change.new_password };
  const hashed = service.hashes();
  for (const answer of [
    await api.post('/api/users/login', { username, password }),
    await api.post('/api/users/login', { username: 'nobody', password }),
    await api.post('/api/password/forgot-password', { email }),
    await api.post('/api/password/check-reset-token', { token: 'x' }),
    await api.post('/api/password/reset-password', set),
    await api.post('/api/users/change-password', change, asUser),
    await api.post('/api/users/me/reauthenticate', { password }, asUser),
    await api.put('/api/users/me', moved, asUser),
    await api.request('DELETE', '/api/users/me', { password }, asUser),
  ]) {
    assertStatus(answer, 403);
    assert.equal(answer.body.details.reason, 'password_sign_in_off', answer.body.path);
  }
  assert.equal(service.hashes(), hashed);
  const { accessToken } = await signedInAdmin(service);
  const asAdmin = { token: accessToken };
  const path = `/api/admins/users/${user.id}/send-password-reset`;
  assertStatus(await api.post(path, undefined, asAdmin), 403);
  assertStatus(await api.post('/api/admins/users', newRegistration(), asAdmin), 422);
});

test('admins keep their passwords', async (t) => {
  const service = await createTestApp(t, noPasswords);
  const admin = await signedInAdmin(service);
  await signIn(service, adminRealm, admin);
});

test('who is created by an admin gets a link to sign in, and who is invited chooses a name', async (t) => {
  const service = await createTestApp(t, noPasswords);
  const { accessToken: token } = await signedInAdmin(service);
  const { username, email } = newRegistration();
  assertStatus(await service.api.post('/api/admins/users', { username, email }, { token }), 201);
  const link = await service.mailbox.token('first_sign_in', email);
  assertStatus(await confirm(service.api, { token: link }), 200);
  const invitation = await invited(service);
  assertStatus(await accept(service, invitation.token), 422);
  const answer = await accept(service, invitation.token, { password: undefined });
  assertStatus(answer, 200);
});

test('a proof is a new sign-in, and lasts for a quarter of an hour', async (t) => {
  const service = await createTestApp(t, noPasswords);
  const { api } = service;
  const user = await signedInUser(service);
  // Otherwise the sign-in would void the password, which must not be offered as a proof.
  await service.db.updateTable('users').set({ is_email_verified: true }).execute();
  const mail = await signInMail(service, user.email);
  const tokens = (await confirm(api, { token: mail.token })).body;
  await service.clock.advance(14 * 60);
  const { accessToken: token } = await refreshed(api, userRealm, tokens.refresh_token);
  assertStatus(await api.put('/api/users/me', { email: 'new@example.com' }, { token }), 200);
  await service.clock.advance(2 * 60);
  const late = await api.put('/api/users/me', { email: 'newer@example.com' }, { token });
  assertStatus(late, 403);
  assert.deepEqual(late.body.details, { reason: 'reauthentication_required', methods: [] });
});

test('a start without any first way in is refused, and so is mail sign-in without mail', async () => {
  assert.throws(
    () => parseConfig({ PASSWORD_SIGN_IN: 'false', EMAIL_SIGN_IN: 'false' }),
    /nobody could sign in for the first time/,
  );
  assert.equal(parseConfig({ PASSWORD_SIGN_IN: 'false' }).emailSignIn, true);
  const production = { ENVIRONMENT: 'production', PASSWORD_SIGN_IN: 'false' };
  assert.throws(() => parseConfig(production), /SMTP_HOST is required in production with sign-in/);
});
