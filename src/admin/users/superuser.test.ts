import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { refreshed } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';

/** Calls of an admin, a plain one by default. */
async function asAdmin(test: TestApp, { superadmin = false } = {}) {
  const { accessToken: token } = await signedInAdmin(test, { superadmin });
  const change = (id: string, body: unknown) =>
    test.api.patch(`/api/admins/users/${id}`, body, { token });
  return { change };
}

test('only a superadmin changes the username and e-mail of a superuser', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const plain = await asAdmin(service);
  const superadmin = await asAdmin(service, { superadmin: true });
  assertStatus(await superadmin.change(user.id, { is_superuser: true }), 200);
  for (const change of [{ email: 'mine@example.com' }, { username: 'mine.now' }]) {
    assertStatus(await plain.change(user.id, change), 403);
    assertStatus(await superadmin.change(user.id, change), 200);
  }
  assertStatus(await plain.change(user.id, { full_name: 'Ada' }), 200);
});

test('only a superadmin changes is_superuser; it applies from the next request', async (t) => {
  const test = await createTestApp(t);
  const plain = await asAdmin(test);
  const superadmin = await asAdmin(test, { superadmin: true });
  const user = await signedInUser(test);
  for (const value of [true, false]) {
    const refused = await plain.change(user.id, { is_superuser: value, full_name: 'Nobody' });
    assertStatus(refused, 403);
  }
  const unchanged = await test.api.get('/api/users/me', { token: user.accessToken });
  assert.equal(unchanged.body.full_name, null);
  for (const value of [true, false]) {
    const changed = await superadmin.change(user.id, { is_superuser: value });
    assertStatus(changed, 200);
    const me = await test.api.get('/api/users/me', { token: user.accessToken });
    assertStatus(me, 200);
    assert.equal(me.body.is_superuser, value);
  }
  await refreshed(test.api, userRealm, user.refreshToken);
});
