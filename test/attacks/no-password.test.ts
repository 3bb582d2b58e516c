import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import {
  goodPassword,
  newRegistration,
  type SignedIn,
  signedInAdmin,
  signedInUser,
} from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** A user whom an admin created without a password, as the database has it. */
async function createdUser(service: TestApp): Promise<{ username: string; email: string }> {
  const { accessToken: token } = await signedInAdmin(service);
  const { username, email } = newRegistration();
  assertStatus(await service.api.post('/api/admins/users', { username, email }, { token }), 201);
  const row = await service.db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([row.password_scheme, row.password_hash, row.password_key], [null, null, null]);
  return { username, email };
}

for (const hash of ['bcrypt', 'argon2id']) {
  test(`no text signs in without a password, after the work of a wrong one: ${hash}`, async (t) => {
    const service = await createTestApp(t, { PASSWORD_HASH: hash }, { alone: true });
    const { username, email } = await createdUser(service);
    const unknown = await service.api.post('/api/users/login', {
      username: 'nobody.here',
      password: 'x',
    });
    const { api, hasher } = service;
    const checked: unknown[] = [];
    const verify = hasher.verify.bind(hasher);
    t.mock.method(hasher, 'verify', ((...parameters) => {
      checked.push(parameters[1]);
      return verify(...parameters);
    }) satisfies typeof verify);
    for (const password of [
      ' ',
      'null',
      'undefined',
      '[object Object]',
      goodPassword,
      '\ufffd',
      email,
    ]) {
      const before = service.hashes();
      const answer = await api.post('/api/users/login', { email, password });
      assertStatus(answer, 401);
      assert.equal(answer.body.message, unknown.body.message);
      assert.equal(service.hashes(), before + 1);
      // Other addresses of the account and the client, so that no guess is refused unchecked.
      await service.db.deleteFrom('throttles').execute();
    }
    // As for an unknown name: the dummy hash, at the full cost of the target.
    assert.deepEqual(new Set(checked), new Set([null]));
    for (const password of ['', null, [], {}, 0, false])
      assertStatus(await api.post('/api/users/login', { username, password }), 422);
    assert.equal((await service.db.selectFrom('sessions').selectAll().execute()).length, 1);
  });
}

test('a wrong guess at no password counts like any other', async (t) => {
  const service = await createTestApp(t);
  const { username, email } = await createdUser(service);
  const login = (name: string) =>
    service.api.post('/api/users/login', { username: name, password: goodPassword });
  for (let count = 0; count < 5; count += 1)
    assertStatus(await login(count % 2 ? username : email), 401);
  assertStatus(await login(email), 429);
});

test('with no password, checks of the current one say so and change nothing', async (t) => {
  const service = await createTestApp(t);
  const { api, db } = service;
  const user = await signedInUser(service);
  // As another way to sign in would leave it.
  await db.updateTable('users').set({ password_scheme: null, password_hash: null }).execute();
  const before = await db.selectFrom('users').selectAll().execute();
  const hashed = service.hashes();
  const asUser = { token: user.accessToken };
  const attempts = [
    () => api.post('/api/users/change-password', changeOf(user), asUser),
    () => api.put('/api/users/me', { email: 'new@example.com', current_password: 'null' }, asUser),
    () => api.request('DELETE', '/api/users/me', { password: 'null' }, asUser),
  ];
  for (const attempt of attempts) {
    const answer = await attempt();
    assertStatus(answer, 400);
    assert.deepEqual(answer.body.details, { reason: 'no_password' });
  }
  assert.deepEqual(await db.selectFrom('users').selectAll().execute(), before);
  assert.equal(service.hashes(), hashed, 'there is nothing to compare with');
});

function changeOf({ password }: SignedIn) {
  return { current_password: password, new_password: 'granite lantern 41 willow' };
}

test('a row has scheme and hash of a password, or neither; an admin always has both', async (t) => {
  const service = await createTestApp(t);
  await signedInUser(service);
  await signedInAdmin(service);
  const { db } = service;
  await assert.rejects(
    db.updateTable('users').set({ password_hash: null }).execute(),
    /password_whole/,
  );
  await assert.rejects(
    db.updateTable('users').set({ password_scheme: null }).execute(),
    /password_whole/,
  );
  const none = { password_hash: null, password_scheme: null };
  await assert.rejects(db.updateTable('admins').set(none).execute(), /not-null/);
  await assert.rejects(db.updateTable('admins').set({ username: null }).execute(), /not-null/);
});
