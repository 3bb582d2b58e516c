import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import {
  newRegistration,
  type SignedIn,
  signedInAdmin,
  signedInUser,
  signIn,
} from '../factories.ts';
import { assertRefused, refresh, refreshed, signedInTo, statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const nextPassword = 'granite lantern 41 willow';

/** The change that a superadmin makes to another account. */
function patch(
  service: TestApp,
  by: SignedIn,
  realm: Realm,
  id: string,
  change: object,
): Promise<Answer> {
  const path = realm.kind === 'user' ? `/api/admins/users/${id}` : `/api/admins/${id}`;
  return service.api.patch(path, change, { token: by.accessToken });
}

async function assertDead(
  { api }: TestApp,
  realm: Realm,
  { accessToken, refreshToken }: SignedIn,
): Promise<void> {
  assert.equal(await statusOfMe(api, realm, accessToken), 401);
  assertRefused(await refresh(api, realm, refreshToken), 'invalid_refresh_token');
}

async function assertAlive(
  { api }: TestApp,
  realm: Realm,
  { accessToken, refreshToken }: SignedIn,
): Promise<void> {
  assert.equal(await statusOfMe(api, realm, accessToken), 200);
  const next = await refreshed(api, realm, refreshToken);
  assert.equal(await statusOfMe(api, realm, next.accessToken), 200);
}

for (const realm of realms) {
  test(`E13 ${realm.kind}: deactivation ends all access with the next request, for good`, async (t) => {
    const service = await createTestApp(t);
    const superadmin = await signedInAdmin(service);
    const account = await signedInTo(service, realm);
    const other = await signIn(service, realm, account);
    assertStatus(await patch(service, superadmin, realm, account.id, { is_active: false }), 200);

    const options = { token: account.accessToken };
    const change = { current_password: account.password, new_password: nextPassword };
    assertStatus(await service.api.post(`${realm.path}/change-password`, change, options), 401);
    assertStatus(await service.api.put(`${realm.path}/me`, { full_name: 'Out' }, options), 401);
    assertStatus(await service.api.get(`${realm.path}/me/sessions`, options), 401);
    assertStatus(await service.api.post(`${realm.path}/logout-all`, undefined, options), 401);
    for (const session of [account, other]) await assertDead(service, realm, session);
    const { username, password } = account;
    assertStatus(await service.api.post(`${realm.path}/login`, { username, password }), 401);

    assertStatus(await patch(service, superadmin, realm, account.id, { is_active: true }), 200);
    for (const session of [account, other]) await assertDead(service, realm, session);
    await assertAlive(service, realm, await signIn(service, realm, account));
    await assertAlive(service, adminRealm, superadmin);
  });

  test(`E13 ${realm.kind}: deactivation directly in the database works as fast`, async (t) => {
    const service = await createTestApp(t);
    const account = await signedInTo(service, realm);
    const { accessToken: token } = account;
    assert.equal(await statusOfMe(service.api, realm, token), 200);
    await service.db
      .updateTable(realm.table as 'users')
      .set({ is_active: false })
      .execute();
    const change = { current_password: account.password, new_password: nextPassword };
    assertStatus(await service.api.post(`${realm.path}/change-password`, change, { token }), 401);
    await assertDead(service, realm, account);
  });

  test(`E14 ${realm.kind}: a password change ends all other sessions and keeps this one`, async (t) => {
    const service = await createTestApp(t);
    const own = await signedInTo(service, realm);
    const others = [await signIn(service, realm, own), await signIn(service, realm, own)];
    const stranger = await signedInTo(service, realm);
    // The refresh token of a session that was used in between is dead too.
    const [second] = others;
    const used = {
      ...second,
      ...(await refreshed(service.api, realm, second?.refreshToken ?? '')),
    } as SignedIn;

    const body = { current_password: own.password, new_password: nextPassword };
    const changed = await service.api.post(`${realm.path}/change-password`, body, {
      token: own.accessToken,
    });
    assertStatus(changed, 200);
    for (const session of [...others.slice(1), used]) await assertDead(service, realm, session);
    await assertAlive(service, realm, own);
    await assertAlive(service, realm, stranger);
    const { username, email } = own;
    assertStatus(
      await service.api.post(`${realm.path}/login`, { username, password: own.password }),
      401,
    );
    await signIn(service, realm, { username, email, password: nextPassword });
  });

  test(`E17 ${realm.kind}: a logout ends its session and access token, and no other`, async (t) => {
    const service = await createTestApp(t);
    const own = await signedInTo(service, realm);
    const other = await signIn(service, realm, own);
    const stranger = await signedInTo(service, realm);
    const logout = () =>
      service.api.post(`${realm.path}/logout`, { refresh_token: own.refreshToken });
    assertStatus(await logout(), 204);
    await assertDead(service, realm, own);
    assertStatus(await logout(), 204);
    for (const session of [other, stranger]) await assertAlive(service, realm, session);
  });

  test(`E17 ${realm.kind}: logout-all and ending a listed session work at once`, async (t) => {
    const service = await createTestApp(t);
    const first = await signedInTo(service, realm);
    const [second, third] = [
      await signIn(service, realm, first),
      await signIn(service, realm, first),
    ];
    const stranger = await signedInTo(service, realm);
    const list = await service.api.get(`${realm.path}/me/sessions`, { token: second.accessToken });
    const { id } = list.body.items.find(({ current }: { current: boolean }) => current);

    const path = `${realm.path}/me/sessions/${id}`;
    assertStatus(await service.api.delete(path, { token: stranger.accessToken }), 404);
    assert.equal(await statusOfMe(service.api, realm, second.accessToken), 200);
    assertStatus(await service.api.delete(path, { token: first.accessToken }), 204);
    await assertDead(service, realm, second);
    assert.equal(await statusOfMe(service.api, realm, first.accessToken), 200);

    const { accessToken: token } = first;
    assertStatus(await service.api.post(`${realm.path}/logout-all`, undefined, { token }), 204);
    for (const session of [first, third]) await assertDead(service, realm, session);
    await assertAlive(service, realm, stranger);
    await assertAlive(service, realm, await signIn(service, realm, first));
  });
}

test("E17 an admin who ends a user's sessions ends all of them, and no others", async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service, { superadmin: false });
  const user = await signedInUser(service);
  const sessions = [user, await signIn(service, userRealm, user)];
  const stranger = await signedInUser(service);
  const path = `/api/admins/users/${user.id}/revoke-sessions`;
  assertStatus(await service.api.post(path, undefined, { token: admin.accessToken }), 204);
  for (const session of sessions) await assertDead(service, userRealm, session);
  await assertAlive(service, userRealm, stranger);
});

/** Requests for superadmins only. */
function superadminActions(
  { api }: TestApp,
  { accessToken: token }: SignedIn,
  admin: SignedIn,
  user: SignedIn,
) {
  return [
    () => api.get('/api/admins', { token }),
    () => api.post('/api/admins/register', newRegistration({ password: nextPassword }), { token }),
    () => api.patch(`/api/admins/${admin.id}`, { is_active: true }, { token }),
    () => api.patch(`/api/admins/users/${user.id}`, { is_superuser: true }, { token }),
  ];
}

for (const how of ['by another superadmin', 'directly in the database']) {
  test(`E16 a superadmin demoted ${how} loses the right with the next request`, async (t) => {
    const service = await createTestApp(t);
    const [chief, demoted] = [await signedInAdmin(service), await signedInAdmin(service)];
    const user = await signedInUser(service);
    const act = superadminActions(service, demoted, chief, user);
    for (const action of act) {
      const answer = await action();
      assert.ok(answer.status === 200 || answer.status === 201, answer.text);
    }
    const setRight = async (isSuperadmin: boolean): Promise<void> => {
      const change = { is_superadmin: isSuperadmin };
      if (how === 'by another superadmin') {
        assertStatus(await patch(service, chief, adminRealm, demoted.id, change), 200);
      } else
        await service.db.updateTable('admins').set(change).where('id', '=', demoted.id).execute();
    };

    const admins = await service.db.selectFrom('admins').select('id').execute();
    await setRight(false);
    for (const action of act) assertStatus(await action(), 403);
    assert.equal(
      (await service.db.selectFrom('admins').select('id').execute()).length,
      admins.length,
    );
    // A change of role ends no session: an admin's own routes still work.
    const list = await service.api.get('/api/admins/users', { token: demoted.accessToken });
    assertStatus(list, 200);
    await setRight(true);
    assertStatus(await service.api.get('/api/admins', { token: demoted.accessToken }), 200);
  });
}
