import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { deletedByOwner, deleteMe } from '../../../test/deletion-calls.ts';
import { assertAddress, moveTo, undo, verifiedUser } from '../../../test/email-calls.ts';
import { newRegistration, registeredUser, signedInUser, signIn } from '../../../test/factories.ts';
import { reset, resetToken } from '../../../test/reset-calls.ts';
import { assertRefused, refresh, statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { durations } from '../../platform/durations.ts';

test('deleting takes the right password, and a stolen session has five guesses', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const { accessToken: token } = user;
  for (const body of [undefined, {}, { password: null }])
    assertStatus(await service.api.request('DELETE', '/api/users/me', body, { token }), 403);
  const empty = { password: '' };
  assertStatus(await service.api.request('DELETE', '/api/users/me', empty, { token }), 422);
  const wrong = { ...user, password: 'not the password' };
  for (let count = 0; count < 5; count += 1) {
    const answer = await deleteMe(service, wrong);
    assertStatus(answer, 400);
    assert.equal(answer.body.details.reason, 'wrong_password');
  }
  assertStatus(await deleteMe(service, user), 429);
  assert.equal(await statusOfMe(service.api, userRealm, token), 200);
});

test('a deletion ends every session and every link of before, and takes no new ones', async (t) => {
  const service = await createTestApp(t);
  const { api, mailbox } = service;
  const user = await registeredUser(service);
  const second = await signIn(service, userRealm, user);
  const resetLink = await resetToken(service, user.email);
  const verification = await mailbox.token('email_verification', user.email);
  await deletedByOwner(service, user);
  for (const { accessToken, refreshToken } of [user, second]) {
    assert.equal(await statusOfMe(api, userRealm, accessToken), 401);
    assertRefused(await refresh(api, userRealm, refreshToken), 'invalid_refresh_token');
  }
  assertStatus(await reset(api, resetLink), 400);
  assertStatus(await api.post('/api/users/verify-email', { token: verification }), 400);
  const login = await api.post('/api/users/login', {
    username: user.username,
    password: user.password,
  });
  assertStatus(login, 401);
  assert.equal(login.body.message, 'Invalid username or password');
});

test('the names of a deleted account stay taken, in any case', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const [user, other] = [await verifiedUser(service), await signedInUser(service)];
  await deletedByOwner(service, user);
  const names = [{ username: user.username.toUpperCase() }, { email: user.email.toUpperCase() }];
  for (const name of names) {
    const taken = await api.post('/api/users/register', newRegistration(name));
    assertStatus(taken, 409);
    assert.equal(taken.body.details.field, Object.keys(name)[0]);
    const change = { ...name, current_password: other.password };
    assertStatus(await api.put('/api/users/me', change, { token: other.accessToken }), 409);
  }
});

test('the mailed link restores the account once, with its password, signed out', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service, { fullName: 'Ada' });
  const token = await deletedByOwner(service, user);
  const answers = await Promise.all([undo(service, token), undo(service, token)]);
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 400]);
  const restored = answers.find(({ status }) => status === 200);
  assert.equal(restored?.body.message, 'Your account was restored. Sign in with your password');
  assert.equal(await statusOfMe(service.api, userRealm, user.accessToken), 401);
  assertRefused(await refresh(service.api, userRealm, user.refreshToken), 'invalid_refresh_token');
  const back = await signIn(service, userRealm, user);
  const me = await service.api.get('/api/users/me', { token: back.accessToken });
  assert.equal(me.body.full_name, 'Ada');
  assert.equal(me.body.is_email_verified, true);
  const told = await service.mailbox.mails('account_restored');
  assert.deepEqual(
    told.map(({ recipient }) => recipient),
    [user.email],
  );
});

test('the link lives as long as the account can be restored, by DELETED_USER_GRACE_DAYS', async (t) => {
  const service = await createTestApp(t, { DELETED_USER_GRACE_DAYS: '3' });
  const [early, late] = [await signedInUser(service), await signedInUser(service)];
  const [earlyToken, lateToken] = [
    await deletedByOwner(service, early),
    await deletedByOwner(service, late),
  ];
  const [mail] = await service.mailbox.mails('account_deleted');
  assert.match(mail?.message?.text ?? '', /works once, for 3 days/);
  await service.clock.advance(durations.days(3) - 60);
  await service.tidyUp();
  assertStatus(await undo(service, earlyToken), 200);
  await service.clock.advance(120);
  assertStatus(await undo(service, lateToken), 400);
  await service.tidyUp();
  await signIn(service, userRealm, early);
  const names = { username: late.username, email: late.email };
  assertStatus(await service.api.post('/api/users/register', newRegistration(names)), 201);
});

test('the link goes to the last verified address, which the account then has again', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  const moved = `moved.${user.email}`;
  await moveTo(service, user, moved);
  await service.clock.advance(3600);
  const again = await signIn(service, userRealm, { ...user, email: moved });
  assertStatus(await deleteMe(service, again), 204);
  const mails = await service.mailbox.mails('account_deleted');
  const links = mails.map(({ recipient, message }) => [
    recipient,
    message?.text.includes('#token='),
  ]);
  assert.deepEqual(links, [
    [user.email, true],
    [moved, false],
  ]);
  await assertAddress(service, user, user.email, 'verified');
  assertStatus(
    await service.api.post('/api/users/register', newRegistration({ email: moved })),
    201,
  );
  assertStatus(
    await service.api.post('/api/users/register', newRegistration({ email: user.email })),
    409,
  );
  assertStatus(
    await undo(service, await service.mailbox.token('account_deleted', user.email)),
    200,
  );
  await signIn(service, userRealm, user);
});

test('the account_deleted mail is sent however many the address has had', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  for (let count = 0; count < 5; count += 1) {
    const session = await signIn(service, userRealm, user);
    assertStatus(await undo(service, await deletedByOwner(service, session)), 200);
  }
});

test('in cookie mode a deletion clears the session cookie', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const headers = { 'x-session-mode': 'cookie', 'sec-fetch-site': 'same-origin' };
  const options = { token: user.accessToken, headers };
  const { password } = user;
  const answer = await service.api.request('DELETE', '/api/users/me', { password }, options);
  assertStatus(answer, 204);
  assert.match(String(answer.headers['set-cookie']), /^adl_user=; Max-Age=0/);
});
