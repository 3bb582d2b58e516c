import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { credentialsOf, type SignedIn, signedInAdmin } from '../factories.ts';
import type { Authenticator, Deviation } from '../passkeys/authenticator.ts';
import {
  accessTokenOf,
  forgetFactors,
  requestOptions,
  signInWith,
  withPasskey,
} from '../passkeys/passkey-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** The first step of a sign-in, which must ask for the second. */
async function passwordStep({ api }: TestApp, realm: Realm, person: SignedIn): Promise<string> {
  const answer = await api.post(`${realm.path}/login`, credentialsOf(person));
  assertStatus(answer, 401);
  assert.equal(answer.body.details.reason, 'second_factor_required');
  assert.deepEqual(answer.body.details.methods, ['passkey']);
  assert.ok(!answer.text.includes('access_token'));
  return answer.body.details.challenge;
}

async function present(
  service: TestApp,
  realm: Realm,
  authenticator: Authenticator,
  deviation: Deviation = {},
) {
  const { challenge, options } = await requestOptions(service, realm);
  return { challenge, response: authenticator.get(options, deviation) };
}

test('N01: the right password alone opens nothing where there is a passkey', async (t) => {
  const service = await createTestApp(t);
  for (const realm of realms) {
    const { person, authenticator } = await withPasskey(service, realm);
    const challenge = await passwordStep(service, realm, person);
    const path = `${realm.path}/login/second-factor`;
    const passkey = await present(service, realm, authenticator);
    const answer = await service.api.post(path, { challenge, passkey });
    assertStatus(answer, 200);
    const me = await service.api.get(`${realm.path}/me`, { token: answer.body.access_token });
    assert.equal(me.body.id, person.id);
    const again = await present(service, realm, authenticator);
    assertStatus(await service.api.post(path, { challenge, passkey: again }), 401);
  }
});

test('N10: the second step takes no passkey of another account or challenge', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const ada = await withPasskey(service, userRealm);
  const eve = await withPasskey(service, userRealm);
  const step = (challenge: string, passkey: unknown) =>
    api.post('/api/users/login/second-factor', { challenge, passkey });
  const challenge = await passwordStep(service, userRealm, ada.person);
  assertStatus(await step(challenge, await present(service, userRealm, eve.authenticator)), 401);
  const other = { origin: 'https://evil.example' };
  const foreign = await present(service, userRealm, ada.authenticator, other);
  assertStatus(await step(challenge, foreign), 401);
  // The challenge of the second step is no challenge of a passkey, and the other way round.
  const { options } = await requestOptions(service, userRealm);
  const response = ada.authenticator.get(options);
  assertStatus(await step(challenge, { challenge, response }), 401);
  const login = await api.post('/api/users/login/passkey', { challenge, response });
  assertStatus(login, 401);
  assertStatus(await step(challenge, await present(service, userRealm, ada.authenticator)), 200);
});

test('the passkeys of an account are listed for who has shown its password, only', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const { person, authenticator } = await withPasskey(service, userRealm);
  const challenge = await passwordStep(service, userRealm, person);
  const ask = async (realm: Realm, asked: string, userAgent = 'lightMyRequest') => {
    const body = { second_factor_challenge: asked };
    const headers = { 'user-agent': userAgent };
    const answer = await api.post(`${realm.path}/login/passkey/options`, body, { headers });
    assertStatus(answer, 200);
    return answer.body;
  };
  const { options, challenge: token } = await ask(userRealm, challenge);
  const [listed, ...others] = options.allowCredentials;
  assert.equal(listed.id, authenticator.credentialId.toString('base64url'));
  assert.deepEqual(others, []);
  for (const other of [
    await ask(userRealm, challenge.slice(1)),
    await ask(userRealm, challenge, 'another browser'),
    await ask(adminRealm, challenge),
  ])
    assert.equal(other.options.allowCredentials, undefined);
  const passkey = { challenge: token, response: authenticator.get(options) };
  const step = { challenge, passkey };
  assertStatus(await api.post('/api/users/login/second-factor', step), 200);
  assert.equal((await ask(userRealm, challenge)).options.allowCredentials, undefined);
});

test('a passkey renews the proof of its own account only', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const ada = await withPasskey(service, userRealm);
  const eve = await withPasskey(service, userRealm);
  const { accessToken: token } = ada.person;
  const prove = async (authenticator: Authenticator) => {
    const passkey = await present(service, userRealm, authenticator);
    return api.post('/api/users/me/reauthenticate', { passkey }, { token });
  };
  const options = () => api.post('/api/users/me/passkeys/options', undefined, { token });
  await forgetFactors(service);
  assertStatus(await options(), 403);
  const refused = await prove(eve.authenticator);
  assert.ok([400, 401].includes(refused.status), refused.text);
  assertStatus(await options(), 403);
  const proven = await prove(ada.authenticator);
  assert.ok(proven.status < 300, proven.text);
  assertStatus(await options(), 200);
});

test('N12: the last passkey of who has no password stays', async (t) => {
  const service = await createTestApp(t);
  const { api, db } = service;
  const { authenticator, passkeyId } = await withPasskey(service, userRealm);
  const none = { password_hash: null, password_scheme: null };
  await db.updateTable('users').set(none).execute();
  const token = await accessTokenOf(signInWith(service, userRealm, authenticator));
  const refused = await api.delete(`/api/users/me/factors/${passkeyId}`, { token });
  assertStatus(refused, 409);
  assert.equal(refused.body.details.reason, 'last_way_in');
  assertStatus(await signInWith(service, userRealm, authenticator), 200);
});

test('N12: the last passkey of who has a password goes, and the password is enough', async (t) => {
  const service = await createTestApp(t);
  const { api, mailbox } = service;
  for (const realm of realms) {
    const { person, authenticator, passkeyId } = await withPasskey(service, realm);
    const token = await accessTokenOf(signInWith(service, realm, authenticator));
    assertStatus(await api.delete(`${realm.path}/me/factors/${passkeyId}`, { token }), 204);
    assertStatus(await signInWith(service, realm, authenticator), 401);
    assertStatus(await api.post(`${realm.path}/login`, credentialsOf(person)), 200);
  }
  assert.equal((await mailbox.mails('second_factor_removed')).length, 2);
});

test('a passkey that was removed signs nobody in, however close the two come', async (t) => {
  const service = await createTestApp(t);
  for (let round = 0; round < 5; round += 1) {
    const { authenticator, passkeyId } = await withPasskey(service, userRealm, { counter: null });
    const token = await accessTokenOf(signInWith(service, userRealm, authenticator));
    const { challenge, options } = await requestOptions(service, userRealm);
    const response = authenticator.get(options);
    const [removal] = await Promise.all([
      service.api.delete(`/api/users/me/factors/${passkeyId}`, { token }),
      service.api.post('/api/users/login/passkey', { challenge, response }),
    ]);
    assertStatus(removal, 204);
    assertStatus(await signInWith(service, userRealm, authenticator), 401);
  }
});

test('an admin resets the passkeys of a user, and a superadmin those of an admin', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  for (const realm of realms) {
    const { person, authenticator } = await withPasskey(service, realm);
    const path = realm.kind === 'user' ? '/api/admins/users' : '/api/admins';
    const reset = await service.api.post(`${path}/${person.id}/reset-factors`, undefined, {
      token,
    });
    assertStatus(reset, 204);
    assertStatus(await signInWith(service, realm, authenticator), 401);
    const login = await service.api.post(`${realm.path}/login`, credentialsOf(person));
    assertStatus(login, 200);
  }
});
