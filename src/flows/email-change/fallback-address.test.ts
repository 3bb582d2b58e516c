import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import {
  assertAddress,
  linkGoesTo,
  move,
  moveTo,
  undo,
  undoToken,
  verifiedUser,
  verify,
} from '../../../test/email-calls.ts';
import {
  goodPassword,
  newRegistration,
  signedInAdmin,
  signedInUser,
} from '../../../test/factories.ts';
import { newPassword, reset, resetToken } from '../../../test/reset-calls.ts';
import { statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { durations } from '../../platform/durations.ts';

const [next, later] = ['next@example.com', 'later@example.com'];

test('reset links go to the last verified address until the new one is verified', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  await moveTo(service, user, next);
  for (const typed of [next, user.email, user.email.toUpperCase()])
    assert.deepEqual(await linkGoesTo(service, typed), [user.email]);
  await moveTo(service, user, later);
  assert.deepEqual(await linkGoesTo(service, later), [user.email]);
  assert.deepEqual(await linkGoesTo(service, next), [], 'no longer anyone’s address');
  await verify(service, later);
  assert.deepEqual(await linkGoesTo(service, later), [later]);
  assert.deepEqual(await linkGoesTo(service, user.email), []);
});

test('without a verified address or an open undo link, resets go to the current one', async (t) => {
  const service = await createTestApp(t);
  const [never, once] = [await signedInUser(service), await verifiedUser(service)];
  await moveTo(service, never, next);
  await moveTo(service, once, later);
  await service.clock.advance(durations.days(7) + 5);
  for (const email of [next, later]) assert.deepEqual(await linkGoesTo(service, email), [email]);
  assert.deepEqual(await linkGoesTo(service, once.email), []);
});

test('a reset through the last verified address restores it and drops the new one', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  await moveTo(service, user, next);
  const verification = await service.mailbox.token('email_verification', next);
  const token = await resetToken(service, user.email);
  // Too similar to the address that the account will have afterwards.
  assertStatus(await reset(service.api, token, user.email.split('@', 1)[0]), 422);
  assertStatus(await reset(service.api, token), 200);
  await assertAddress(service, user, user.email, 'verified');
  assert.equal(await statusOfMe(service.api, userRealm, user.accessToken), 401);
  assertStatus(await service.api.post('/api/users/verify-email', { token: verification }), 400);
  const told = (await service.mailbox.mails('password_changed')).map(({ recipient }) => recipient);
  assert.deepEqual(told, [user.email]);
  const events = service.db.selectFrom('audit_events').select(['event', 'actor_id', 'details']);
  const reverted = await events.where('event', '=', 'email_reverted').execute();
  const details = { reason: 'password_reset' };
  assert.deepEqual(reverted, [{ event: 'email_reverted', actor_id: user.id, details }]);
  assertStatus(
    await service.api.post('/api/users/register', newRegistration({ email: next })),
    201,
  );
});

test('a reset link to the old address is dead once the new one is verified', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  await moveTo(service, user, next);
  const token = await resetToken(service, user.email);
  await verify(service, next);
  assertStatus(await reset(service.api, token), 400);
  await assertAddress(service, user, next, 'verified');
});

test('an unverified address goes to whoever claims it; its holder falls back', async (t) => {
  for (const how of ['register', 'move', 'admin'] as const) {
    const service = await createTestApp(t);
    const { api } = service;
    const admin = await signedInAdmin(service, { superadmin: false });
    const holder = await verifiedUser(service);
    await moveTo(service, holder, next);
    const pending = [
      await service.mailbox.token('email_verification', next),
      await undoToken(service, holder.email),
    ];
    const resetLink = await resetToken(service, next).catch(() =>
      resetToken(service, holder.email),
    );
    const newcomer = await signedInUser(service);
    const wanted = { email: next.toUpperCase() };
    const path = `/api/admins/users/${newcomer.id}`;
    if (how === 'register')
      assertStatus(await api.post('/api/users/register', newRegistration(wanted)), 201);
    else if (how === 'move') assertStatus(await move(service, newcomer, wanted.email), 200);
    else assertStatus(await api.patch(path, wanted, { token: admin.accessToken }), 200);

    await assertAddress(service, holder, holder.email, 'verified');
    assert.equal(await statusOfMe(api, userRealm, holder.accessToken), 200, 'sessions stay');
    const login = { username: holder.username, password: goodPassword };
    assertStatus(await api.post('/api/users/login', login), 200);
    assertStatus(await api.post('/api/users/verify-email', { token: pending[0] }), 400);
    assertStatus(await undo(service, String(pending[1])), 400);
    assertStatus(await reset(api, resetLink), 400);
    const [notice] = await service.mailbox.mails('email_reverted');
    assert.equal(notice?.recipient, holder.email);
    const own = await api.get('/api/users/me/security-events', { token: holder.accessToken });
    const event = own.body.items.find((one: { event: string }) => one.event === 'email_reverted');
    const { actor, ip, request_id, details } = event;
    const expected = { actor: null, ip: null, request_id: null, reason: 'claimed_by_another' };
    assert.deepEqual({ actor, ip, request_id, ...details }, expected);
  }
});

test('an address stays if it is verified, the only one, or registration fails', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const holder = await verifiedUser(service);
  await moveTo(service, holder, next);
  const taken = newRegistration({ email: next, username: holder.username });
  const refused = await api.post('/api/users/register', taken);
  assertStatus(refused, 409);
  assert.deepEqual(refused.body.details, { field: 'username', resource: 'user' });
  await assertAddress(service, holder, next, 'unverified');
  const other = await signedInUser(service);
  assertStatus(await api.post('/api/users/register', newRegistration({ email: other.email })), 409);
  assertStatus(await move(service, holder, other.email), 409);
  await verify(service, next);
  assertStatus(await api.post('/api/users/register', newRegistration({ email: next })), 409);
  assertStatus(await move(service, other, next), 409);
});

test('only the oldest undo link survives change-password and logout-all', async (t) => {
  for (const way of ['change-password', 'logout-all']) {
    const service = await createTestApp(t);
    const user = await verifiedUser(service);
    await moveTo(service, user, next);
    await verify(service, next);
    await moveTo(service, user, later);
    await verify(service, later);
    await moveTo(service, user, 'last@example.com');
    const body =
      way === 'logout-all'
        ? undefined
        : { current_password: goodPassword, new_password: newPassword };
    const options = { token: user.accessToken };
    const status = way === 'logout-all' ? 204 : 200;
    const tokens = [await undoToken(service, next), await undoToken(service, later)];
    assertStatus(await service.api.post(`/api/users/${way}`, body, options), status);
    for (const token of tokens) assertStatus(await undo(service, token), 400);
    assert.deepEqual(await linkGoesTo(service, 'last@example.com'), [user.email]);
    assertStatus(await undo(service, await undoToken(service, user.email)), 200);
  }
});

test('ending sessions or renaming as an admin ends no undo link', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const user = await verifiedUser(service);
  const path = `/api/admins/users/${user.id}`;
  await moveTo(service, user, next);
  await verify(service, next);
  await moveTo(service, user, later);
  assertStatus(await service.api.post(`${path}/revoke-sessions`, undefined, { token }), 204);
  assertStatus(
    await service.api.patch(path, { is_superuser: false, full_name: 'Ada' }, { token }),
    200,
  );
  assertStatus(await undo(service, await undoToken(service, next)), 200);
  assertStatus(await undo(service, await undoToken(service, user.email)), 200);
});
