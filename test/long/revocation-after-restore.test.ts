import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { emptyEngine, openBackups, restore, serveRestored } from '../backup-calls.ts';
import { moveTo, undoToken, verify } from '../email-calls.ts';
import { adminByRequest, registeredUser, signIn } from '../factories.ts';
import { newPassword, reset, resetToken } from '../reset-calls.ts';
import { refresh } from '../session-calls.ts';
import { createTestApp } from '../test-app.ts';

test('what a thief held before a restore opens nothing after it, ended or not', async (t) => {
  const service = await createTestApp(t);
  const { identity, create } = await openBackups(t, service);
  const { api } = service;
  const user = await registeredUser(service);
  const admin = await adminByRequest(service);
  const stolen = await signIn(service, userRealm, user);
  const early = await resetToken(service, user.email);
  const backup = await create();

  // The owner notices, throws everybody out and resets the password; all of it is forgotten by the
  // restore.
  assertStatus(await api.post('/api/users/logout', { refresh_token: stolen.refreshToken }), 204);
  assertStatus(await reset(api, early), 200);
  const later = await signIn(service, userRealm, { ...user, password: newPassword });
  const late = await resetToken(service, user.email);

  const engine = await emptyEngine(t);
  const restored = await restore(service, engine, backup, identity);
  assert.deepEqual([restored.epoch, restored.sessions_ended], [1, 3]);
  const after = await serveRestored(t, service, engine);
  for (const { accessToken, refreshToken } of [user, stolen, later]) {
    assertStatus(await after.api.get('/api/users/me', { token: accessToken }), 401);
    assertStatus(await refresh(after.api, userRealm, refreshToken), 401);
  }
  assertStatus(await after.api.get('/api/admins/me', { token: admin.accessToken }), 401);
  assertStatus(await refresh(after.api, adminRealm, admin.refreshToken), 401);
  for (const token of [early, late]) assertStatus(await reset(after.api, token), 400);
  // The password is the one of then, and works.
  const again = await signIn(after, userRealm, user);
  assertStatus(await after.api.get('/api/users/me', { token: again.accessToken }), 200);
});

test('a link that undoes a change of the address is dead after a restore', async (t) => {
  const service = await createTestApp(t);
  const { identity, create } = await openBackups(t, service);
  const user = await registeredUser(service);
  await verify(service, user.email);
  await moveTo(service, user, 'moved.away@example.com');
  const undo = await undoToken(service, user.email);
  const backup = await create();
  const engine = await emptyEngine(t);
  await restore(service, engine, backup, identity);
  const after = await serveRestored(t, service, engine);
  const answer = await after.api.post('/api/users/undo', { token: undo });
  assertStatus(answer, 400);
  const rows = await after.db.selectFrom('users').select('email').execute();
  assert.deepEqual(rows, [{ email: 'moved.away@example.com' }]);
});

test('mails that waited when the backup was made are not sent a second time', async (t) => {
  const service = await createTestApp(t);
  const { identity, create } = await openBackups(t, service);
  await registeredUser(service);
  const backup = await create();
  const engine = await emptyEngine(t);
  const { mails_stopped: stopped } = await restore(service, engine, backup, identity);
  const after = await serveRestored(t, service, engine);
  const mails = await after.db.selectFrom('mails').select(['status', 'last_error']).execute();
  assert.equal(stopped, mails.length);
  assert.ok(
    mails.every((mail) => mail.status === 'dead' && /restored/.test(mail.last_error ?? '')),
  );
});

test('users who were erased after the backup are erased again', async (t) => {
  const service = await createTestApp(t);
  const { identity, create } = await openBackups(t, service);
  const [gone, stays] = [await registeredUser(service), await registeredUser(service)];
  const backup = await create();
  const engine = await emptyEngine(t);
  const restored = await restore(service, engine, backup, identity, { erasedIds: [gone.id] });
  assert.equal(restored.erased_again, 1);
  const after = await serveRestored(t, service, engine);
  const { username, password } = gone;
  assertStatus(await after.api.post('/api/users/login', { username, password }), 401);
  const { eraseDueAccounts } = await import('../../src/flows/account-deletion/erase-accounts.ts');
  await eraseDueAccounts(after.deps);
  const rows = await after.db.selectFrom('users').select('id').execute();
  assert.deepEqual(rows, [{ id: stays.id }]);
});
