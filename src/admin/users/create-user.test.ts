import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterNextHash } from '../../../test/after-next-hash.ts';
import { assertStatus } from '../../../test/api.ts';
import { eventsOf } from '../../../test/audited-life.ts';
import {
  assertAddress,
  linkGoesTo,
  moveTo,
  verifiedUser,
  verify,
} from '../../../test/email-calls.ts';
import { goodPassword, newRegistration, signedInAdmin, signIn } from '../../../test/factories.ts';
import { newPassword, reset, resetToken } from '../../../test/reset-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { takeThrottle } from '../../domain/throttles/throttle-store.ts';
import { durations } from '../../platform/durations.ts';
import { createUser, userCreation } from './create-user.ts';

const path = '/api/admins/users';

/** A plain admin, and what it creates. */
async function asAdmin(service: TestApp) {
  const admin = await signedInAdmin(service, { superadmin: false });
  const create = (body: object) => service.api.post(path, body, { token: admin.accessToken });
  const invite = async (wanted: { email?: string } = {}) => {
    const { password, ...names } = newRegistration(wanted);
    const answer = await create(names);
    assertStatus(answer, 201);
    return { ...names, id: String(answer.body.id) };
  };
  return { admin, create, invite };
}

test('a user created with a password signs in; a mailed link verifies the address', async (t) => {
  const service = await createTestApp(t);
  const { admin, create } = await asAdmin(service);
  const body = { ...newRegistration({ fullName: 'Ada' }), app_metadata: { plan: 'pro' } };
  const answer = await create({
    ...body,
    is_superuser: true,
    is_email_verified: true,
    id: admin.id,
  });
  assertStatus(answer, 201);
  const { id, created_at, updated_at, ...shown } = answer.body;
  const { password, ...given } = body;
  const states = {
    is_active: true,
    legacy_id: null,
    is_superuser: false,
    is_email_verified: false,
    is_invited: false,
    metadata: {},
  };
  assert.deepEqual(shown, { ...given, ...states });
  const user = await signIn(service, userRealm, body);
  assert.equal(user.id, id);
  const mails = await service.mailbox.mails();
  assert.deepEqual(
    mails.map(({ kind, recipient }) => [kind, recipient]),
    [['email_verification', body.email]],
  );
  await verify(service, body.email);
  const [event] = await eventsOf(service, admin, '&event=account_registered');
  assert.deepEqual(event?.actor, { kind: 'admin', id: admin.id });
  assert.deepEqual(event?.subject, { kind: 'user', id });
});

test('without a password one link sets it, once, and verifies the address', async (t) => {
  const service = await createTestApp(t);
  const { invite } = await asAdmin(service);
  const user = await invite();
  const mails = await service.mailbox.mails();
  assert.deepEqual(
    mails.map(({ kind, recipient }) => [kind, recipient]),
    [['first_password', user.email]],
  );
  assert.match(mails[0]?.message?.text ?? '', /works once, for 3 days/);
  await assertAddress(service, user, user.email, 'unverified');
  const token = await service.mailbox.token('first_password', user.email);
  assertStatus(await reset(service.api, token, `${user.username}7`), 422);
  assertStatus(await reset(service.api, token), 200);
  await assertAddress(service, user, user.email, 'verified');
  await signIn(service, userRealm, { ...user, password: newPassword });
  assertStatus(await reset(service.api, token, goodPassword), 400);
});

test('the link lives three days; afterwards “forgot password” sends a new one', async (t) => {
  const service = await createTestApp(t);
  const { invite } = await asAdmin(service);
  const [early, late] = [await invite(), await invite()];
  const tokenOf = ({ email }: { email: string }) => service.mailbox.token('first_password', email);
  const [first, second] = [await tokenOf(early), await tokenOf(late)];
  await service.clock.advance(durations.days(3) - 60);
  assertStatus(await reset(service.api, first), 200);
  await service.clock.advance(120);
  assertStatus(await reset(service.api, second), 400);
  assertStatus(await reset(service.api, await resetToken(service, late.email)), 200);
  await signIn(service, userRealm, { ...late, password: newPassword });
});

test('whatever sets the password ends the other links to set it', async (t) => {
  const service = await createTestApp(t);
  const { invite } = await asAdmin(service);
  const user = await invite();
  const first = await service.mailbox.token('first_password', user.email);
  assertStatus(await reset(service.api, await resetToken(service, user.email)), 200);
  assertStatus(await reset(service.api, first, goodPassword), 400);
});

test('the link dies with the user; a restore leaves it dead, and the address stays taken', async (t) => {
  const service = await createTestApp(t);
  const { admin, create, invite } = await asAdmin(service);
  const user = await invite();
  const token = await service.mailbox.token('first_password', user.email);
  const asAdminToo = { token: admin.accessToken };
  assertStatus(await service.api.delete(`${path}/${user.id}`, asAdminToo), 204);
  assertStatus(await reset(service.api, token), 400);
  assertStatus(await create(newRegistration({ email: user.email })), 409);
  assertStatus(await service.api.post(`${path}/${user.id}/restore`, undefined, asAdminToo), 200);
  assertStatus(await reset(service.api, token), 400);
  assertStatus(await reset(service.api, await resetToken(service, user.email)), 200);
});

test('an admin corrects the address: the link to the old one ends, a new one goes out', async (t) => {
  const service = await createTestApp(t);
  const { admin, invite } = await asAdmin(service);
  const user = await invite();
  const stray = await service.mailbox.token('first_password', user.email);
  const right = 'right@example.com';
  const change = { email: right };
  assertStatus(
    await service.api.patch(`${path}/${user.id}`, change, { token: admin.accessToken }),
    200,
  );
  assertStatus(await reset(service.api, stray), 400);
  assert.deepEqual(await service.mailbox.mails('email_verification'), []);
  assertStatus(await reset(service.api, await service.mailbox.token('first_password', right)), 200);
  await assertAddress(service, user, right, 'verified');
});

test('without a password, no link that opens the account leaves the verified address', async (t) => {
  const service = await createTestApp(t);
  const { admin, invite } = await asAdmin(service);
  const user = await invite();
  // As an import leaves it.
  await service.db.updateTable('users').set({ is_email_verified: true }).execute();
  for (const email of ['first@example.com', 'second@example.com']) {
    const options = { token: admin.accessToken };
    assertStatus(await service.api.patch(`${path}/${user.id}`, { email }, options), 200);
    assert.deepEqual(await linkGoesTo(service, email), [user.email]);
  }
  const mails = await service.mailbox.mails('first_password');
  assert.deepEqual(
    mails.map(({ recipient }) => recipient),
    [user.email],
  );
});

test('a taken name is 409 and a weak password 422; both leave no user and no mail', async (t) => {
  const service = await createTestApp(t);
  const { create, invite } = await asAdmin(service);
  const { username, email } = await invite();
  const before = (await service.mailbox.mails()).length;
  for (const [wanted, field] of [
    [{ username: username.toUpperCase() }, 'username'],
    [{ email: email.toUpperCase() }, 'email'],
  ] as const) {
    const taken = await create({ ...newRegistration(wanted), password: null });
    assertStatus(taken, 409);
    assert.deepEqual(taken.body.details, { field, resource: 'user' });
    assertStatus(await service.api.post('/api/users/register', newRegistration(wanted)), 409);
  }
  for (const password of ['short', 'password123', 'mallory2024', ''])
    assertStatus(await create(newRegistration({ username: 'mallory', password })), 422);
  assert.equal((await service.db.selectFrom('users').select('id').execute()).length, 1);
  assert.equal((await service.mailbox.mails()).length, before);
});

test('an address that somebody only moved to is taken over; a reserved one is 409', async (t) => {
  const service = await createTestApp(t);
  const { create, invite } = await asAdmin(service);
  const holder = await verifiedUser(service);
  const wanted = 'wanted@example.com';
  await moveTo(service, holder, wanted);
  assertStatus(await create(newRegistration({ email: holder.email })), 409);
  const user = await invite({ email: wanted });
  await assertAddress(service, user, wanted, 'unverified');
  await assertAddress(service, holder, holder.email, 'verified');
});

test('an admin whose session ends while the password is hashed creates nobody', async (t) => {
  const service = await createTestApp(t);
  const { admin, create } = await asAdmin(service);
  afterNextHash(t, service, 'hash', async () => {
    assertStatus(
      await service.api.post('/api/admins/logout', { refresh_token: admin.refreshToken }),
      204,
    );
  });
  assertStatus(await create(newRegistration()), 401);
  assert.deepEqual(await service.db.selectFrom('users').select('id').execute(), []);
});

test('if the mail cannot be queued, there is neither user nor event', async (t) => {
  const service = await createTestApp(t);
  const { admin } = await asAdmin(service);
  const account = await service.db.selectFrom('admins').selectAll().executeTakeFirstOrThrow();
  const session = await service.db.selectFrom('sessions').select('id').executeTakeFirstOrThrow();
  const jobs = { ...service.jobs, send: () => Promise.reject(new Error('job refused')) };
  const { full_name: fullName = null, ...names } = newRegistration();
  const wanted = {
    ...names,
    password: null,
    fullName,
    ip: '',
    signal: new AbortController().signal,
  };
  const creation = createUser(
    { ...service.deps, jobs },
    { account, sessionId: session.id },
    wanted,
  );
  await assert.rejects(creation, /job refused/);
  assert.equal(account.id, admin.id);
  for (const table of ['users', 'mails', 'links', 'audit_events'] as const)
    assert.deepEqual(await service.db.selectFrom(table).selectAll().execute(), [], table);
});

test('an admin creates two hundred users an hour, whatever others do', async (t) => {
  const service = await createTestApp(t);
  const [busy, other] = [await asAdmin(service), await asAdmin(service)];
  for (let count = 0; count < 199; count += 1)
    await takeThrottle(service, userCreation, busy.admin.id);
  await busy.invite();
  const hashed = service.hashes();
  assertStatus(await busy.create(newRegistration()), 429);
  assert.equal(service.hashes(), hashed);
  await other.invite();
  const [event] = await eventsOf(service, other.admin, '&event=limit_exceeded');
  assert.deepEqual(
    [event?.subject?.id, event?.details],
    [busy.admin.id, { policy: 'user-creation' }],
  );
});
