import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { byEmail, confirm, signInMail } from '../../../test/email-sign-in-calls.ts';
import { signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { accept, chosenPassword, invite, invited } from '../../../test/invitation-calls.ts';
import { resetToken } from '../../../test/reset-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';

test('who is invited chooses username and password, and is signed in at a verified address', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const { admin, email, token, id } = await invited(service);
  const asAdmin = { token: admin.accessToken };
  const before = (await api.get(`/api/admins/users/${id}`, asAdmin)).body;
  assert.deepEqual(
    [before.is_invited, before.is_email_verified, before.username],
    [true, false, null],
  );
  const check = await api.post('/api/users/invitation/check', { token });
  assert.deepEqual(check.body, { email, full_name: 'Grace Hopper' });
  const answer = await accept(service, token, { username: 'grace' });
  assertStatus(answer, 200);
  const me = await api.get('/api/users/me', { token: answer.body.access_token });
  const { username, is_email_verified, is_invited, full_name } = me.body;
  assert.deepEqual(
    { username, is_email_verified, is_invited, full_name },
    { username: 'grace', is_email_verified: true, is_invited: false, full_name: 'Grace Hopper' },
  );
  const login = { username: 'grace', password: chosenPassword };
  assertStatus(await api.post('/api/users/login', login), 200);
});

test('the mail leads to the page, and an invitation is good for seven days', async (t) => {
  const service = await createTestApp(t);
  const { token } = await invited(service);
  const [mail] = await service.mailbox.mails('invitation');
  assert.match(mail?.message?.text ?? '', /\/app\/invitation#token=/);
  assert.match(mail?.message?.text ?? '', /7 days/);
  await service.clock.advance(7 * 24 * 60 * 60 - 60);
  assertStatus(await service.api.post('/api/users/invitation/check', { token }), 200);
  await service.clock.advance(61);
  assertStatus(await service.api.post('/api/users/invitation/check', { token }), 400);
});

test('a new invitation can be sent, three times an hour', async (t) => {
  const service = await createTestApp(t);
  const { id, email } = await invited(service);
  await service.clock.advance(8 * 24 * 60 * 60);
  const { accessToken: token } = await signedInAdmin(service);
  const again = () =>
    service.api.post(`/api/admins/users/${id}/resend-invitation`, undefined, { token });
  for (const status of [204, 204, 204, 429]) assertStatus(await again(), status);
  const link = await service.mailbox.token('invitation', email);
  assertStatus(await accept(service, link), 200);
  assertStatus(await again(), 409);
});

test('an admin who deletes the user ends the invitation, and the address is free', async (t) => {
  const service = await createTestApp(t);
  const { admin, id, email, token } = await invited(service);
  const asAdmin = { token: admin.accessToken };
  assertStatus(await service.api.delete(`/api/admins/users/${id}`, asAdmin), 204);
  assertStatus(await accept(service, token), 400);
  await service.tidyUp();
  assert.deepEqual(await service.mailbox.mails('account_deleted'), [], 'nobody had an account');
  assertStatus(await invite(service, admin, { email }), 201);
});

test('a list shows who is invited and who is not, and the overview counts them', async (t) => {
  const service = await createTestApp(t);
  const { admin, id } = await invited(service);
  const user = await signedInUser(service);
  const asAdmin = { token: admin.accessToken };
  const list = async (query: string) => {
    const { body } = await service.api.get(`/api/admins/users?${query}`, asAdmin);
    return [body.total, body.items.map((one: { id: string }) => one.id)];
  };
  assert.deepEqual(await list('is_invited=true'), [1, [id]]);
  assert.deepEqual(await list('is_invited=false'), [1, [user.id]]);
  assert.equal((await list('is_active=true'))[0], 2);
  const overview = await service.api.get('/api/admins/overview', asAdmin);
  assert.equal(overview.body.users.invited, 1);
});

test('an address that an admin corrects gets the invitation, and the old link ends', async (t) => {
  const service = await createTestApp(t);
  const { admin, id, token } = await invited(service, 'grase@example.com');
  const asAdmin = { token: admin.accessToken };
  const email = 'grace@example.com';
  assertStatus(await service.api.patch(`/api/admins/users/${id}`, { email }, asAdmin), 200);
  assertStatus(await accept(service, token), 400);
  assertStatus(await accept(service, await service.mailbox.token('invitation', email)), 200);
});

test('who proves the address in another way has accepted, and the link is over', async (t) => {
  const service = await createTestApp(t, byEmail);
  const one = await invited(service, 'one@example.com');
  const mail = await signInMail(service, one.email);
  assertStatus(await confirm(service.api, { token: mail.token }), 200);
  const two = await invited(service, 'two@example.com');
  const reset = { token: await resetToken(service, two.email), new_password: chosenPassword };
  assertStatus(await service.api.post('/api/password/reset-password', reset), 200);
  for (const { token, id } of [one, two]) {
    assertStatus(await accept(service, token), 400);
    const { accessToken } = await signedInAdmin(service);
    const shown = await service.api.get(`/api/admins/users/${id}`, { token: accessToken });
    assert.deepEqual([shown.body.is_invited, shown.body.is_email_verified], [false, true]);
  }
  assert.deepEqual(
    await service.mailbox.mails('account_taken_over'),
    [],
    'nobody had set up a thing',
  );
});

test('in cookie mode the session of who accepts is in a cookie', async (t) => {
  const service = await createTestApp(t);
  const { token } = await invited(service);
  const headers = { 'x-session-mode': 'cookie', 'sec-fetch-site': 'same-origin' };
  const body = { token, username: 'grace', password: chosenPassword };
  const answer = await service.api.post('/api/users/invitation/accept', body, { headers });
  assertStatus(answer, 200);
  assert.match(String(answer.headers['set-cookie']), /^adl_user=/);
  assert.equal(answer.body.refresh_token, undefined);
});
