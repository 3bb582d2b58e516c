import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assembly } from '../../src/app.ts';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { findCaller } from '../../src/domain/sessions/find-caller.ts';
import { updateProfile } from '../../src/flows/profile/update-profile.ts';
import { assertStatus } from '../api.ts';
import { newRegistration, type SignedIn, signedInAdmin, signedInUser } from '../factories.ts';
import { refreshed } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

test('V7.5.1 an address changed a moment ago is not restored without the password', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  await service.clock.advance(16 * 60);
  const { accessToken: token } = await refreshed(service.api, userRealm, user.refreshToken);
  const [session] = (await service.api.get('/api/users/me/sessions', { token })).body.items;
  // A second request of this session, authenticated just before the first one takes effect.
  const claims = { sessionId: session.id, subjectId: user.id, keyId: null };
  const caller = await findCaller(service.db, userRealm, claims);
  assert.ok(caller);
  const change = { email: newRegistration().email, current_password: user.password };
  assertStatus(await service.api.put('/api/users/me', change, { token }), 200);

  const { signal } = new AbortController();
  const late = {
    change: { email: user.email },
    currentPassword: undefined,
    ip: '127.0.0.1',
    signal,
  };
  await assert.rejects(updateProfile({ ...service, ...assembly }, userRealm, caller, late), {
    status: 403,
    details: { reason: 'reauthentication_required', methods: ['password'] },
  });
  const me = await service.api.get('/api/users/me', { token });
  assert.equal(me.body.email, change.email);
});

for (const [ending, end] of Object.entries({
  logout: ({ api }: TestApp, admin: SignedIn) =>
    api.post('/api/admins/logout', { refresh_token: admin.refreshToken }),
  'logout-all': ({ api }: TestApp, admin: SignedIn) =>
    api.post('/api/admins/logout-all', undefined, { token: admin.accessToken }),
})) {
  test(`E17 a superadmin session ended by ${ending} during a hash registers no admin`, async (t) => {
    const service = await createTestApp(t);
    const { api, hasher, db } = service;
    const admin = await signedInAdmin(service);
    const hash = hasher.hash.bind(hasher);
    t.mock.method(hasher, 'hash', async (...password: Parameters<typeof hash>) => {
      assertStatus(await end(service, admin), 204);
      return hash(...password);
    });
    const body = { ...newRegistration(), is_superadmin: true };
    assertStatus(await api.post('/api/admins/register', body, { token: admin.accessToken }), 401);
    const admins = await db.selectFrom('admins').select('id').execute();
    assert.deepEqual(admins, [{ id: admin.id }]);
  });
}
