import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { moveTo, verifiedUser } from '../email-calls.ts';
import { newRegistration, registeredUser, signedInAdmin } from '../factories.ts';
import { accept, chosenPassword, invite, invited, resend } from '../invitation-calls.ts';
import { createTestApp } from '../test-app.ts';
import { rowsWith } from '../whole-database.ts';

test('Q08 a taken address is a 409, and nothing is sent or changed', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const verified = await verifiedUser(service);
  const unverified = await registeredUser(service);
  const { email: deleted } = await registeredUser(service);
  await service.db
    .updateTable('users')
    .set({ deleted_at: new Date(), deleted_by: 'owner', erase_at: new Date(Date.now() + 1e9) })
    .where('email', '=', deleted)
    .execute();
  const before = await service.db.selectFrom('users').selectAll().execute();
  for (const email of [verified.email, unverified.email.toUpperCase(), deleted]) {
    const answer = await invite(service, admin, { email });
    assertStatus(answer, 409);
    assert.deepEqual(answer.body.details, { field: 'email', resource: 'user' });
  }
  assert.deepEqual(await service.db.selectFrom('users').selectAll().execute(), before);
  assert.deepEqual(await service.mailbox.mails('invitation'), []);
  const { accessToken: token } = verified;
  assertStatus(await service.api.get('/api/users/me', { token }), 200);
});

test('Q08 an address that somebody moved to without proof can be invited', async (t) => {
  const service = await createTestApp(t);
  const thief = await verifiedUser(service, { email: 'thief@example.com' });
  await moveTo(service, thief, 'grace@example.com');
  const { token, id } = await invited(service, 'grace@example.com');
  assertStatus(await accept(service, token), 200);
  assert.notEqual(id, thief.id);
});

test('Q08 nobody can register with the address of an invitation', async (t) => {
  const service = await createTestApp(t);
  const { email, token } = await invited(service);
  assertStatus(await service.api.post('/api/users/register', newRegistration({ email })), 409);
  assertStatus(await accept(service, token), 200);
});

test('Q08 expired, used twice, made up, of another kind: one answer', async (t) => {
  const service = await createTestApp(t);
  const used = await invited(service, 'used@example.com');
  assertStatus(await accept(service, used.token), 200);
  const late = await invited(service, 'late@example.com');
  await service.clock.advance(7 * 24 * 60 * 60 + 1);
  const deactivated = await invited(service, 'off@example.com');
  await service.db
    .updateTable('users')
    .set({ is_active: false })
    .where('id', '=', deactivated.id)
    .execute();
  const registered = await registeredUser(service);
  const verification = await service.mailbox.token('email_verification', registered.email);
  const hashed = service.hashes();
  const answers = [];
  for (const token of [
    used.token,
    late.token,
    deactivated.token,
    verification,
    'x',
    'A'.repeat(64),
  ]) {
    const answer = await accept(service, token);
    assertStatus(answer, 400);
    const { request_id, timestamp, ...rest } = answer.body;
    answers.push(rest);
    const check = await service.api.post('/api/users/invitation/check', { token });
    assertStatus(check, 400);
    assert.equal(check.body.message, rest.message);
  }
  for (const answer of answers) assert.deepEqual(answer, { ...answers[0], path: answer.path });
  assert.equal(service.hashes(), hashed, 'a bad token costs no hash');
  const me = await service.db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', used.id)
    .executeTakeFirst();
  assert.equal(me?.is_email_verified, true);
});

test('Q08 of ten who accept at once with one link, one has the account', async (t) => {
  const service = await createTestApp(t);
  const { token } = await invited(service);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => accept(service, token, { username: `racer${index}` })),
  );
  const winners = answers
    .map(({ status }, index) => [status, `racer${index}`] as const)
    .filter(([status]) => status === 200);
  assert.equal(winners.length, 1);
  assert.equal(answers.filter(({ status }) => status === 400).length, 9);
  const rows = await service.db.selectFrom('users').select('username').execute();
  assert.deepEqual(rows, [{ username: winners[0]?.[1] }]);
  assert.equal(
    (
      await service.db
        .selectFrom('sessions')
        .select('id')
        .where('subject_kind', '=', 'user')
        .execute()
    ).length,
    1,
  );
});

test('Q08 a taken username leaves the invitation open, and is a 409', async (t) => {
  const service = await createTestApp(t);
  const other = await registeredUser(service);
  const { token } = await invited(service);
  assertStatus(await accept(service, token, { username: other.username.toUpperCase() }), 409);
  assertStatus(await accept(service, token, { username: 'grace' }), 200);
});

test('Q08 a plain admin invites no superuser, nor does one who was a superadmin', async (t) => {
  const service = await createTestApp(t);
  const plain = await signedInAdmin(service, { superadmin: false });
  const roles = ['superuser'];
  const refused = await invite(service, plain, { email: 'a@example.com', roles });
  assertStatus(refused, 403);
  assert.deepEqual(refused.body.details, { reason: 'role_above_own' });
  for (const more of [{ is_superuser: true }, { is_superadmin: true }, { role: 'superuser' }]) {
    const answer = await invite(service, plain, {
      email: `a${Object.keys(more)[0]}@example.com`,
      ...more,
    });
    assertStatus(answer, 201);
    assert.equal(answer.body.is_superuser, false);
  }
  for (const bad of [['superadmin'], ['admin'], 'superuser', ['superuser', 'superuser'], [null]])
    assertStatus(await invite(service, plain, { email: 'a@example.com', roles: bad }), 422);
  const superadmin = await signedInAdmin(service);
  const granted = await invite(service, superadmin, { email: 'b@example.com', roles });
  assertStatus(granted, 201);
  assert.equal(granted.body.is_superuser, true);
  await service.db
    .updateTable('admins')
    .set({ is_superadmin: false })
    .where('id', '=', superadmin.id)
    .execute();
  assertStatus(await invite(service, superadmin, { email: 'c@example.com', roles }), 403);
});

test('Q08 a plain admin neither moves, renames nor deletes an invited superuser', async (t) => {
  const service = await createTestApp(t);
  const superadmin = await signedInAdmin(service);
  const plain = await signedInAdmin(service, { superadmin: false });
  const body = { email: 'b@example.com', roles: ['superuser'] };
  const { id } = (await invite(service, superadmin, body)).body;
  const asPlain = { token: plain.accessToken };
  const path = `/api/admins/users/${id}`;
  assertStatus(await service.api.patch(path, { email: 'mine@example.com' }, asPlain), 403);
  assertStatus(await service.api.patch(path, { username: 'mine' }, asPlain), 403);
  assertStatus(await service.api.delete(path, asPlain), 403);
  assertStatus(await resend(service, plain, id), 204);
  const sent = await service.mailbox.mails('invitation');
  assert.deepEqual(new Set(sent.map(({ recipient }) => recipient)), new Set(['b@example.com']));
});

test('CVE-2025-61928 CVE-2026-27946: who accepts gives itself nothing', async (t) => {
  const service = await createTestApp(t);
  const other = await registeredUser(service);
  const { token, id } = await invited(service);
  const more = {
    id: other.id,
    user_id: other.id,
    email: 'mine@example.com',
    roles: ['superuser'],
    is_superuser: true,
    app_metadata: { plan: 'pro' },
    invited_at: null,
  };
  assertStatus(await accept(service, token, more), 200);
  const row = await service.db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  assert.deepEqual(
    [row?.email, row?.is_superuser, row?.app_metadata],
    ['grace@example.com', false, {}],
  );
  const own = { token: other.accessToken };
  const claims = { is_email_verified: true, is_invited: true, invited_at: '2026-01-01T00:00:00Z' };
  await service.api.put('/api/users/me', { full_name: 'Ada', ...claims }, own);
  const me = (await service.api.get('/api/users/me', own)).body;
  assert.deepEqual([me.is_email_verified, me.is_invited], [false, false]);
});

test('better-auth#11323: a password of a mebibyte is refused before it is hashed', async (t) => {
  const service = await createTestApp(t);
  const { token } = await invited(service);
  const hashed = service.hashes();
  assertStatus(await accept(service, token, { password: 'a'.repeat(600) }), 422);
  assertStatus(await accept(service, token, { password: 'a'.repeat(2 ** 20) }), 413);
  assert.equal(service.hashes(), hashed);
});

test('Q08 an invitation opens nothing else, and is nowhere in clear', async (t) => {
  const service = await createTestApp(t);
  const { token, admin } = await invited(service);
  const { api } = service;
  const set = { token, new_password: chosenPassword };
  assertStatus(await api.post('/api/password/reset-password', set), 400);
  assertStatus(await api.post('/api/users/verify-email', { token }), 400);
  assertStatus(await api.post('/api/users/undo', { token }), 400);
  assertStatus(await api.get('/api/users/me', { token }), 401);
  assert.deepEqual(await rowsWith(service.db, [token]), []);
  assert.ok(!service.logs().includes(token));
  const mails = await api.get('/api/admins/mails', { token: admin.accessToken });
  assert.ok(!mails.text.includes(token));
});

test('Q08 an invited account has no password to guess, and no session', async (t) => {
  const service = await createTestApp(t);
  const { email } = await invited(service);
  for (const password of ['null', ' ', chosenPassword, email])
    assertStatus(await service.api.post('/api/users/login', { email, password }), 401);
});

test('GHSA-2wmj-46rj-qm2w: an invitation leads to FRONTEND_URL whatever host is named', async (t) => {
  const service = await createTestApp(t, {
    PUBLIC_URL: 'https://id.ada.test',
    FRONTEND_URL: 'https://app.ada.test/account',
    TRUSTED_PROXIES: '127.0.0.0/8',
  });
  const { accessToken: token } = await signedInAdmin(service);
  const headers = { host: 'evil.test', 'x-forwarded-host': 'evil.test' };
  const body = { email: 'grace@example.com' };
  assertStatus(await service.api.post('/api/admins/users/invite', body, { token, headers }), 201);
  const [mail] = await service.mailbox.mails('invitation');
  assert.match(mail?.message?.text ?? '', /https:\/\/app\.ada\.test\/account\/invitation#token=/);
});
