import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import {
  codeOf,
  factorCalls,
  nextStep,
  protectedAccount,
  wrongCodeOf,
} from '../../../test/factor-calls.ts';
import { newRegistration, type SignedIn } from '../../../test/factories.ts';
import { refreshed, signedInTo } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { type Realm, realms, userRealm } from '../../domain/realms/realms.ts';

/** The same session, whose proof is older than a quarter of an hour. */
async function aged(service: TestApp, realm: Realm, { refreshToken }: SignedIn): Promise<string> {
  await service.clock.advance(15 * 60 + 1);
  return (await refreshed(service.api, realm, refreshToken)).accessToken;
}

for (const realm of realms) {
  test(`${realm.kind}: the password renews a session, whose age a refresh keeps`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const calls = factorCalls(service, realm, await aged(service, realm, account));
    const refused = await calls.start();
    assertStatus(refused, 403);
    const details = { reason: 'reauthentication_required', methods: ['password'] };
    assert.deepEqual(refused.body.details, details);
    assertStatus(await calls.reauthenticate({ password: 'not the one' }), 400);
    assertStatus(await calls.start(), 403);
    assertStatus(await calls.reauthenticate({ password: account.password }), 204);
    assertStatus(await calls.start(), 201);
  });

  test(`${realm.kind}: a code renews it where a factor is in force, the password does not`, async (t) => {
    const service = await createTestApp(t);
    const account = await protectedAccount(service, realm);
    const calls = factorCalls(service, realm, await aged(service, realm, account));
    const refused = await calls.remove(account.factorId);
    assertStatus(refused, 403);
    assert.deepEqual(refused.body.details.methods, ['code']);
    assertStatus(await calls.reauthenticate({ password: account.password }), 204);
    assertStatus(await calls.remove(account.factorId), 403);
    const code = codeOf(service, account.secret);
    assertStatus(await calls.reauthenticate({ code }), 204);
    assertStatus(await calls.reauthenticate({ code }), 400);
    assertStatus(await calls.remove(account.factorId), 204);
  });

  test(`${realm.kind}: the password in the request still changes the address`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const token = await aged(service, realm, account);
    const change = { email: newRegistration().email, current_password: account.password };
    assertStatus(await service.api.put(`${realm.path}/me`, change, { token }), 200);
  });

  test(`${realm.kind}: a renewed session changes the address without it, for a while`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const { accessToken: token, password } = account;
    const put = (bearer: string) =>
      service.api.put(`${realm.path}/me`, { email: newRegistration().email }, { token: bearer });
    assertStatus(await put(token), 403);
    assertStatus(await factorCalls(service, realm, token).reauthenticate({ password }), 204);
    assertStatus(await put(token), 200);
    assertStatus(await put(await aged(service, realm, account)), 403);
  });
}

test('an export wants a recent proof, a deletion a renewed one or the password', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInTo(service, userRealm);
  const remove = (token: string) => service.api.request('DELETE', '/api/users/me', {}, { token });
  assertStatus(await remove(user.accessToken), 403);
  assertStatus(await service.api.get('/api/users/me/export', { token: user.accessToken }), 200);
  const token = await aged(service, userRealm, user);
  assertStatus(await service.api.get('/api/users/me/export', { token }), 403);
  const { password } = user;
  const calls = factorCalls(service, userRealm, token);
  assertStatus(await calls.reauthenticate({ password }), 204);
  assertStatus(await service.api.get('/api/users/me/export', { token }), 200);
  assertStatus(await remove(token), 204);
});

test('a proof is exactly one of password and code', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const calls = factorCalls(service, userRealm, account.accessToken);
  const code = codeOf(service, account.secret);
  for (const body of [undefined, {}, { password: null }, { password: account.password, code }])
    assertStatus(await calls.reauthenticate(body), 422);
  assertStatus(await calls.reauthenticate({ code }), 204);
});

test('wrong codes and passwords in a session share five guesses', async (t) => {
  const service = await createTestApp(t);
  const account = await protectedAccount(service, userRealm);
  const calls = factorCalls(service, userRealm, account.accessToken);
  const code = wrongCodeOf(service, account.secret);
  for (const body of [{ code }, { password: 'wrong' }, { code }, { password: 'wrong' }, { code }])
    assertStatus(await calls.reauthenticate(body), 400);
  assertStatus(await calls.reauthenticate({ code: codeOf(service, account.secret) }), 429);
  assertStatus(await calls.reauthenticate({ password: account.password }), 429);
  await service.clock.advance(14 * 60);
  await nextStep(service);
});
