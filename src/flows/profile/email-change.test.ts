import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { newRegistration, type SignedIn, signIn } from '../../../test/factories.ts';
import { refresh, refreshed, signedInTo, statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { type Realm, realms, userRealm } from '../../domain/realms/realms.ts';

for (const realm of realms) {
  test(`${realm.kind}: a new address requires the password, however recent the sign-in`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const hashed = service.hashes();
    const refused = await putEmail(service, realm, account, { current_password: undefined });
    assertStatus(refused, 403);
    assert.equal(refused.body.error, 'AuthorizationError');
    assert.equal(refused.body.details.reason, 'reauthentication_required');
    assert.equal(service.hashes(), hashed);

    const email = newRegistration().email;
    const accepted = await putEmail(service, realm, account, { email });
    assertStatus(accepted, 200);
    assert.equal(accepted.body.email, email);
    assertStatus(
      await service.api.post(`${realm.path}/login`, { email, password: account.password }),
      200,
    );
    const { email: first, password } = account;
    assertStatus(await service.api.post(`${realm.path}/login`, { email: first, password }), 401);
  });

  test(`${realm.kind}: a wrong current password changes nothing`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const answer = await putEmail(service, realm, account, {
      current_password: 'not the one',
      full_name: 'x',
    });
    assertStatus(answer, 400);
    assert.equal(answer.body.details.reason, 'wrong_password');
    const me = await service.api.get(`${realm.path}/me`, { token: account.accessToken });
    assert.equal(me.body.email, account.email);
    assert.equal(me.body.full_name, null);
  });

  test(`${realm.kind}: a new address ends all sessions except the one that set it`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const other = await signIn(service, realm, account);
    const somebodyElse = await signedInTo(service, realm);
    assertStatus(await putEmail(service, realm, account), 200);
    assert.equal(await statusOfMe(service.api, realm, other.accessToken), 401);
    assertStatus(await refresh(service.api, realm, other.refreshToken), 401);
    assert.equal(await statusOfMe(service.api, realm, account.accessToken), 200);
    await refreshed(service.api, realm, account.refreshToken);
    assert.equal(await statusOfMe(service.api, realm, somebodyElse.accessToken), 200);
  });

  test(`${realm.kind}: a taken address is 409 and ends no session`, async (t) => {
    const service = await createTestApp(t);
    const taken = await signedInTo(service, realm);
    const account = await signedInTo(service, realm);
    const other = await signIn(service, realm, account);
    assertStatus(await putEmail(service, realm, account, { email: taken.email }), 409);
    assert.equal(await statusOfMe(service.api, realm, other.accessToken), 200);
  });

  test(`${realm.kind}: a different case of the same address is no new address`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const other = await signIn(service, realm, account);
    const email = account.email.toUpperCase();
    const answer = await putEmail(service, realm, account, { email, current_password: undefined });
    assertStatus(answer, 200);
    assert.equal(answer.body.email, email);
    await refreshed(service.api, realm, other.refreshToken);
  });
}

test('a new address is unverified; a different case keeps it verified', async (t) => {
  const service = await createTestApp(t);
  const account = await signedInTo(service, userRealm);
  await service.db.updateTable('users').set({ is_email_verified: true }).execute();
  for (const [email, verified] of [
    [account.email.toUpperCase(), true],
    [newRegistration().email, false],
  ] as const) {
    const answer = await putEmail(service, userRealm, account, { email });
    assertStatus(answer, 200);
    assert.equal(answer.body.is_email_verified, verified);
  }
});

function putEmail(
  { api }: TestApp,
  realm: Realm,
  account: SignedIn,
  fields: { email?: string; full_name?: string; current_password?: string | undefined } = {},
) {
  const body = { email: newRegistration().email, current_password: account.password, ...fields };
  return api.put(`${realm.path}/me`, body, { token: account.accessToken });
}
