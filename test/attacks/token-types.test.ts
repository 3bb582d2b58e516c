import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import {
  goodPassword,
  newRegistration,
  type SignedIn,
  signedInAdmin,
  signedInUser,
  signIn,
} from '../factories.ts';
import { forgeToken } from '../forged-token.ts';
import { assertRefused, refresh, refreshed, signedInTo, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const setupToken = 'bm90IGEgdG9rZW4gYnV0IGEga2V5IHRvIGEgZG9vcg';

for (const realm of realms) {
  test(`E07 ${realm.kind}: a refresh token or a setup token is not an access token`, async (t) => {
    const service = await createTestApp(t, { ADMIN_SETUP_TOKEN: setupToken });
    const { refreshToken, accessToken, password } = await signedInTo(service, realm);
    const bare = refreshToken.slice('r1.'.length);
    const asJwt = `${accessToken.split('.').slice(0, 2).join('.')}.${bare}`;
    for (const token of [
      refreshToken,
      bare,
      asJwt,
      setupToken,
      encodeURIComponent(setupToken),
      password,
    ]) {
      assert.equal(await statusOfMe(service.api, realm, token), 401, token);
    }
    assert.equal(await statusOfMe(service.api, realm, accessToken), 200);
  });

  test(`E07 ${realm.kind}: an access token refreshes, ends and resets nothing`, async (t) => {
    const service = await createTestApp(t, { ADMIN_SETUP_TOKEN: setupToken });
    const { refreshToken, accessToken } = await signedInTo(service, realm);
    for (const token of [accessToken, `r1.${accessToken}`, `Bearer ${accessToken}`, setupToken]) {
      assertRefused(await refresh(service.api, realm, token), 'invalid_refresh_token');
      const ended = await service.api.post(`${realm.path}/logout`, { refresh_token: token });
      assertRefused(ended, 'invalid_refresh_token');
    }
    for (const token of [accessToken, refreshToken, setupToken]) {
      const body = { token, new_password: 'granite lantern 41 willow' };
      const answer = await service.api.post('/api/password/reset-password', body);
      assertStatus(answer, 400);
      assert.equal(answer.body.details.reason, 'invalid_reset_token');
    }
    assert.equal(await statusOfMe(service.api, realm, accessToken), 200);
    await refreshed(service.api, realm, refreshToken);
  });
}

test('E07 neither an access token nor a refresh token sets up the first admin', async (t) => {
  const service = await createTestApp(t, { ADMIN_SETUP_TOKEN: setupToken });
  const { refreshToken, accessToken } = await signedInUser(service);
  for (const token of [refreshToken, accessToken]) {
    const headers = { 'x-setup-token': token };
    const password = 'granite lantern 41 willow';
    const answer = await service.api.post('/api/admins/register', newRegistration({ password }), {
      headers,
    });
    assertStatus(answer, 403);
  }
  assert.deepEqual(await service.db.selectFrom('admins').select('id').execute(), []);
});

/** A user and an admin with the same id, each with a session opened after that. */
async function namesakes(service: TestApp): Promise<{ user: SignedIn; admin: SignedIn }> {
  const admin = await signedInAdmin(service);
  const registration = newRegistration();
  assertStatus(await service.api.post('/api/users/register', registration), 201);
  const { db } = service;
  await db
    .updateTable('users')
    .set({ id: admin.id })
    .where('username', '=', registration.username)
    .execute();
  const user = await signIn(service, userRealm, registration);
  assert.equal(user.id, admin.id);
  return { user, admin };
}

const uuid = '01890a5d-ac96-774b-bcce-b302099a8057';

const doors: Record<Realm['kind'], [method: string, path: string, body?: object][]> = {
  user: [
    ['GET', '/api/users/me'],
    ['PUT', '/api/users/me', { full_name: 'Changed' }],
    ['GET', '/api/users/me/sessions'],
    ['DELETE', `/api/users/me/sessions/${uuid}`],
    ['POST', '/api/users/logout-all'],
    [
      'POST',
      '/api/users/change-password',
      { current_password: goodPassword, new_password: 'granite lantern 41' },
    ],
  ],
  admin: [
    ['GET', '/api/admins/me'],
    ['PUT', '/api/admins/me', { full_name: 'Changed' }],
    ['GET', '/api/admins/me/sessions'],
    ['DELETE', `/api/admins/me/sessions/${uuid}`],
    ['POST', '/api/admins/logout-all'],
    [
      'POST',
      '/api/admins/change-password',
      { current_password: goodPassword, new_password: 'granite lantern 41' },
    ],
    ['POST', '/api/admins/register', newRegistration()],
    ['GET', '/api/admins/users'],
    ['GET', `/api/admins/users/${uuid}`],
    ['PATCH', `/api/admins/users/${uuid}`, { is_active: false }],
    ['POST', `/api/admins/users/${uuid}/revoke-sessions`],
    ['GET', '/api/admins'],
    ['PATCH', `/api/admins/${uuid}`, { is_superadmin: false }],
  ],
};

for (const [realm, other] of [
  [userRealm, adminRealm],
  [adminRealm, userRealm],
] as const) {
  test(`E08 ${realm.kind}: a token is refused in the other realm, even with the same id`, async (t) => {
    const service = await createTestApp(t);
    const accounts = await namesakes(service);
    const { accessToken: token, refreshToken } = accounts[realm.kind];
    for (const [method, path, body] of doors[other.kind]) {
      const answer = await service.api.request(method, path, body, { token });
      assertStatus(answer, 403);
      assert.doesNotMatch(answer.text, new RegExp(accounts[other.kind].username));
    }
    assertRefused(await refresh(service.api, other, refreshToken), 'invalid_refresh_token');
    const logout = await service.api.post(`${other.path}/logout`, { refresh_token: refreshToken });
    assertRefused(logout, 'invalid_refresh_token');

    for (const { kind, path } of realms) {
      const me = await service.api.get(`${path}/me`, { token: accounts[kind].accessToken });
      assertStatus(me, 200);
      assert.equal(me.body.username, accounts[kind].username);
      assert.equal(me.body.full_name, null);
    }
  });

  test(`E08 ${realm.kind}: a valid signature does not move a session to the other realm`, async (t) => {
    const service = await createTestApp(t);
    const accounts = await namesakes(service);
    const turned = forgeToken(service, accounts[realm.kind].accessToken, {
      claims: { kind: other.kind },
    });
    assert.equal(await statusOfMe(service.api, other, turned), 401);
    assert.equal(await statusOfMe(service.api, realm, turned), 403);
  });

  test(`E08 ${realm.kind}: ending all sessions spares the other realm's same id`, async (t) => {
    const service = await createTestApp(t);
    for (const path of ['logout-all', 'change-password']) {
      await service.db.deleteFrom('users').execute();
      const accounts = await namesakes(service);
      const second = await signIn(service, realm, accounts[realm.kind]);
      const body = { current_password: goodPassword, new_password: 'granite lantern 41' };
      const answer = await service.api.post(`${realm.path}/${path}`, body, {
        token: second.accessToken,
      });
      assert.ok(answer.status === 200 || answer.status === 204, answer.text);
      assert.equal(await statusOfMe(service.api, realm, accounts[realm.kind].accessToken), 401);
      assert.equal(await statusOfMe(service.api, other, accounts[other.kind].accessToken), 200);
      await refreshed(service.api, other, accounts[other.kind].refreshToken);
    }
  });
}
