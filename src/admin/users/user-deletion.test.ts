import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { eventsOf } from '../../../test/audited-life.ts';
import { adminOn, deletedByOwner } from '../../../test/deletion-calls.ts';
import { undo } from '../../../test/email-calls.ts';
import { signedInAdmin, signedInUser, signIn } from '../../../test/factories.ts';
import { statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';

test('an admin deletes and restores a user; a repetition changes nothing', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service, { superadmin: false });
  const user = await signedInUser(service);
  const on = adminOn(service, admin, user);
  for (let count = 0; count < 2; count += 1) assertStatus(await on.delete(), 204);
  assert.equal(await statusOfMe(service.api, userRealm, user.accessToken), 401);
  const { body: shown } = await on.read();
  assert.match(shown.deleted_at, /Z$/);
  assert.deepEqual(shown.sessions, []);
  assert.equal(shown.is_active, true);
  for (let count = 0; count < 2; count += 1) {
    const restored = await on.restore();
    assertStatus(restored, 200);
    assert.deepEqual(
      [restored.body.username, restored.body.deleted_at],
      [user.username, undefined],
    );
  }
  assert.equal((await on.read()).body.deleted_at, null);
  await signIn(service, userRealm, user);
  const events = await eventsOf(service, admin, `&subject=${user.id}&actor=${admin.id}`);
  assert.deepEqual(
    events.map(({ event }) => event),
    ['user_restored', 'user_deleted'],
  );
});

test('the owner is told of an admin’s deletion, without a link', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  assertStatus(await adminOn(service, await signedInAdmin(service), user).delete(), 204);
  const mails = await service.mailbox.mails('account_deleted');
  assert.deepEqual(
    mails.map(({ recipient, message }) => [recipient, message?.text.includes('token')]),
    [[user.email, false]],
  );
});

test('an admin takes over a deletion by the owner: the link dies, the times stay', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const on = adminOn(service, await signedInAdmin(service), user);
  const token = await deletedByOwner(service, user);
  const { body: before } = await on.read();
  await service.clock.advance(600);
  assertStatus(await on.delete(), 204);
  assert.equal((await on.read()).body.deleted_at, before.deleted_at);
  assertStatus(await undo(service, token), 400);
  assertStatus(await on.restore(), 200);
  await signIn(service, userRealm, user);
});

test('an admin restores what the owner deleted; then the link of the owner is dead', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const token = await deletedByOwner(service, user);
  const on = adminOn(service, await signedInAdmin(service), user);
  assertStatus(await on.restore(), 200);
  assertStatus(await undo(service, token), 400);
  assertStatus(await on.delete(), 204);
  assertStatus(await undo(service, token), 400);
});

test('no other work of an admin reaches a deleted user: 409 user_deleted', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const on = adminOn(service, await signedInAdmin(service), user);
  assertStatus(await on.delete(), 204);
  const email = 'mine@example.com';
  for (const body of [
    { is_active: true },
    { is_active: false },
    { email },
    { is_superuser: true },
    {},
  ]) {
    const answer = await on.change(body);
    assertStatus(answer, 409);
    assert.equal(answer.body.details.reason, 'user_deleted');
  }
  assertStatus(await on.sendReset(), 409);
  assertStatus(await on.revokeSessions(), 409);
  const { username, password } = user;
  assertStatus(await service.api.post('/api/users/login', { username, password }), 401);
  assert.match((await on.read()).body.deleted_at, /Z$/);
});

test('a restored user is still deactivated, or still a superuser', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const [inactive, superuser] = [await signedInUser(service), await signedInUser(service)];
  assertStatus(await adminOn(service, admin, inactive).change({ is_active: false }), 200);
  assertStatus(await adminOn(service, admin, superuser).change({ is_superuser: true }), 200);
  for (const user of [inactive, superuser])
    assertStatus(await adminOn(service, admin, user).delete(), 204);
  assert.equal((await adminOn(service, admin, inactive).restore()).body.is_active, false);
  assert.equal((await adminOn(service, admin, superuser).restore()).body.is_superuser, true);
  const { username, password } = inactive;
  assertStatus(await service.api.post('/api/users/login', { username, password }), 401);
});

test('only a superadmin deletes and restores a superuser', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const full = adminOn(service, await signedInAdmin(service), user);
  const plain = adminOn(service, await signedInAdmin(service, { superadmin: false }), user);
  assertStatus(await full.change({ is_superuser: true }), 200);
  assertStatus(await plain.delete(), 403);
  assertStatus(await full.delete(), 204);
  assertStatus(await plain.restore(), 403);
  assertStatus(await plain.delete(), 403);
  assertStatus(await full.restore(), 200);
});

test('unknown ids and those of admins are 404, other shapes 422', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  for (const id of ['01890a5d-ac96-774b-bcce-b302099a8057', admin.id]) {
    const { api } = service;
    const options = { token: admin.accessToken };
    assertStatus(await api.delete(`/api/admins/users/${id}`, options), 404);
    assertStatus(await api.post(`/api/admins/users/${id}/restore`, undefined, options), 404);
  }
  assertStatus(await adminOn(service, admin, { id: '7' }).delete(), 422);
});
