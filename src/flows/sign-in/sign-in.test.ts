import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterNextHash } from '../../../test/after-next-hash.ts';
import { assertStatus } from '../../../test/api.ts';
import { goodPassword, newRegistration, signedInUser } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { realms } from '../../domain/realms/realms.ts';

test('a user registers, signs in by username or e-mail in any case, and signs out', async (t) => {
  const { api } = await createTestApp(t);
  const registration = newRegistration({
    username: 'Ada.Lovelace',
    email: 'Ada@Example.com',
    fullName: 'Ada',
  });
  const registered = await api.post('/api/users/register', registration);
  assertStatus(registered, 201);

  for (const credentials of [
    { username: 'ada.lovelace', password: goodPassword },
    { username: 'ADA@example.com', password: goodPassword },
    { email: 'ada@example.com', password: goodPassword },
    // As sent by clients that serialize absent members as null.
    { username: null, email: 'ada@example.com', password: goodPassword },
  ]) {
    assertStatus(await api.post('/api/users/login', credentials), 200);
  }
  const login = await api.post('/api/users/login', {
    username: 'Ada.Lovelace',
    password: goodPassword,
  });
  assert.deepEqual(Object.keys(login.body), [
    'access_token',
    'refresh_token',
    'token_type',
    'expires_in',
  ]);
  assert.equal(login.body.token_type, 'bearer');
  assert.equal(login.body.expires_in, 900);

  const me = await api.get('/api/users/me', { token: login.body.access_token });
  assertStatus(me, 200);
  assert.deepEqual(me.body, registered.body);
  assert.equal(me.body.email, 'Ada@Example.com');

  assertStatus(
    await api.post('/api/users/logout', { refresh_token: login.body.refresh_token }),
    204,
  );
  assertStatus(await api.get('/api/users/me', { token: login.body.access_token }), 401);
  assertStatus(
    await api.post('/api/users/refresh', { refresh_token: login.body.refresh_token }),
    401,
  );
});

for (const { kind, path } of realms) {
  test(`${kind}: a login without name and password reports both as missing`, async (t) => {
    const { api } = await createTestApp(t);
    const answer = await api.post(`${path}/login`, {});
    assertStatus(answer, 422);
    const fields = answer.body.details.errors.map((fault: { field: string }) => fault.field);
    assert.deepEqual(fields.toSorted(), ['password', 'username']);
  });
}

test('a password changed while a login waits for its hash opens no session', async (t) => {
  const service = await createTestApp(t);
  const { api, db } = service;
  const user = await signedInUser(service);
  afterNextHash(t, service, 'verify', () =>
    db.updateTable('users').set({ password_version: 2 }).where('id', '=', user.id).execute(),
  );
  const login = await api.post('/api/users/login', {
    username: user.username,
    password: user.password,
  });
  assertStatus(login, 401);
  assert.equal(login.body.message, 'Invalid username or password');
  const sessions = await db.selectFrom('sessions').select('id').execute();
  assert.equal(sessions.length, 1);
});
