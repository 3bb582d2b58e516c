import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import {
  goodPassword,
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
} from '../../../test/factories.ts';
import { forgot } from '../../../test/reset-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';

test('G17 a test mail goes only to the admin or to an allowed address', async (t) => {
  const service = await createTestApp(t, { TEST_EMAIL_ALLOW: 'ops@example.com' });
  const send = (to_email: string, token?: string) =>
    service.api.post(
      '/api/password/test-email',
      { to_email },
      token === undefined ? {} : { token },
    );
  const user = await signedInUser(service);
  const admin = await signedInAdmin(service);
  await service.mailbox.deliver();
  assertStatus(await send(admin.email), 401);
  assertStatus(await send(user.email, user.accessToken), 403);
  const foreign = await send(user.email, admin.accessToken);
  assertStatus(foreign, 403);
  assert.equal(foreign.body.details.reason, 'recipient_not_allowed');
  assert.equal(await service.mailbox.deliver(), 0);
  for (const to_email of [admin.email.toUpperCase(), 'ops@example.com']) {
    const answer = await send(to_email, admin.accessToken);
    assertStatus(answer, 202);
    assert.deepEqual(answer.body, { message: 'Test email queued' });
  }
  const sent = await service.mailbox.mails('test');
  assert.deepEqual(
    sent.map(({ recipient }) => recipient),
    [admin.email.toUpperCase(), 'ops@example.com'],
  );
});

test('a user with an admin’s address does not use up the admin’s mail limit', async (t) => {
  const service = await createTestApp(t);
  const { api, mailbox } = service;
  const admin = await signedInAdmin(service, { email: 'boss@example.com' });
  const user = await signedInUser(service, { email: 'boss@example.com' });
  const signInFrom = async (path: string, username: string, remoteAddress: string) => {
    const credentials = { username, password: goodPassword };
    assertStatus(await api.post(`${path}/login`, credentials, { remoteAddress }), 200);
  };
  for (const network of [11, 12, 13, 14])
    await signInFrom('/api/users', user.username, `${network}.1.1.1`);
  assert.equal((await mailbox.mails('new_sign_in')).length, 3);
  await signInFrom('/api/admins', admin.username, '15.1.1.1');
  assert.equal((await mailbox.mails('new_sign_in')).length, 4);
});

test('an admin’s mail over the limit is 429 and recorded, without the admin’s address', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const user = await signedInUser(service);
  const admin = await signedInAdmin(service);
  const options = { token: admin.accessToken, remoteAddress: '127.6.6.6' };
  const sends = [
    () => api.post(`/api/admins/users/${user.id}/send-password-reset`, undefined, options),
    () => api.post('/api/password/test-email', { to_email: admin.email }, options),
  ];
  for (const send of sends) {
    for (let count = 0; count < 3; count += 1)
      assert.ok([202, 204].includes((await send()).status));
    const refused = await send();
    assertStatus(refused, 429);
    assert.ok(Number(refused.headers['retry-after']) > 3500);
  }
  // A fourth request by anyone records no mail either.
  assertStatus(await forgot(api, user.email), 200);
  assert.equal((await service.mailbox.mails('password_reset')).length, 3);
  const events = service.db
    .selectFrom('audit_events')
    .select(({ fn }) => ['event', fn.countAll<number | string>().as('count')]);
  const counts = await events.groupBy('event').execute();
  assert.deepEqual(Object.fromEntries(counts.map(({ event, count }) => [event, Number(count)])), {
    account_registered: 1,
    sign_in: 2,
    password_reset_sent: 3,
    test_mail_sent: 3,
    limit_exceeded: 2,
  });
  const own = await api.get('/api/users/me/security-events', { token: user.accessToken });
  assertStatus(own, 200);
  assert.ok(own.body.items.some(({ event }: { event: string }) => event === 'limit_exceeded'));
  assert.doesNotMatch(own.text, /127\.6\.6\.6/);
});

test('an admin mails a user a reset link; 404 if unknown, 409 if deactivated', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const { accessToken: token } = await signedInAdmin(service);
  const send = (id: string) =>
    service.api.post(`/api/admins/users/${id}/send-password-reset`, undefined, { token });
  assertStatus(await send(user.id), 204);
  assert.ok(await service.mailbox.token('password_reset', user.email));
  assertStatus(await send('01890a5d-ac96-774b-bcce-b302099a8057'), 404);
  await service.db.updateTable('users').set({ is_active: false }).execute();
  assertStatus(await send(user.id), 409);
});
