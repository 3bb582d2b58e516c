import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { moveTo } from '../../../test/email-calls.ts';
import {
  goodPassword,
  newRegistration,
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
} from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { durations } from '../../platform/durations.ts';

const path = '/api/users/verify-email';

async function isVerified(service: TestApp, id: string): Promise<boolean | undefined> {
  const query = service.db.selectFrom('users').select('is_email_verified').where('id', '=', id);
  return (await query.executeTakeFirst())?.is_email_verified;
}

test('registration mails a user one link, which verifies the address once', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  assert.equal(await isVerified(service, user.id), false);
  const mails = await service.mailbox.mails();
  assert.deepEqual(
    mails.map(({ kind, recipient, status }) => ({ kind, recipient, status })),
    [{ kind: 'email_verification', recipient: user.email, status: 'kept' }],
  );
  const token = await service.mailbox.token('email_verification', user.email);
  const answer = await service.api.post(path, { token });
  assertStatus(answer, 200);
  assert.deepEqual(answer.body, { message: 'Email verified successfully' });
  assert.equal(await isVerified(service, user.id), true);
  assertStatus(await service.api.post(path, { token }), 400);
});

test('registering an admin sends no verification mail', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  assertStatus(await service.api.post('/api/admins/register', newRegistration(), { token }), 201);
  assert.deepEqual(await service.mailbox.mails(), []);
});

test('a failed registration sends no mail', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  await service.mailbox.deliver();
  const again = newRegistration({ email: user.email });
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => service.api.post('/api/users/register', again)),
  );
  for (const answer of answers) assertStatus(answer, 409);
  assert.equal((await service.mailbox.mails()).length, 1);
});

test('every invalid verification token gets the same answer', async (t) => {
  const service = await createTestApp(t);
  const { api, mailbox } = service;
  const spent = await signedInUser(service);
  const spentToken = await mailbox.token('email_verification', spent.email);
  assertStatus(await api.post(path, { token: spentToken }), 200);
  const moved = await signedInUser(service);
  const movedToken = await mailbox.token('email_verification', moved.email);
  await moveTo(service, moved, 'moved@example.com');
  const inactive = await signedInUser(service);
  const inactiveToken = await mailbox.token('email_verification', inactive.email);
  await service.db
    .updateTable('users')
    .set({ is_active: false })
    .where('id', '=', inactive.id)
    .execute();
  const late = await signedInUser(service);
  const lateToken = await mailbox.token('email_verification', late.email);
  await service.clock.advance(durations.hours(24) + 1);
  const tokens = [
    spentToken,
    movedToken,
    inactiveToken,
    lateToken,
    randomBytes(48).toString('base64url'),
    'x',
  ];
  for (const token of tokens) {
    const answer = await api.post(path, { token });
    assertStatus(answer, 400);
    assert.deepEqual(answer.body.details, { reason: 'invalid_verification_token' });
  }
  for (const { id } of [moved, inactive, late]) assert.equal(await isVerified(service, id), false);
});

test('the link mailed to a changed address verifies it', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const email = 'moved@example.com';
  await moveTo(service, user, email);
  const token = await service.mailbox.token('email_verification', email);
  assertStatus(await service.api.post(path, { token }), 200);
  assert.equal(await isVerified(service, user.id), true);
});

test('a link is sent three times an hour at most, and never once verified', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const again = async () => {
    const options = { token: user.accessToken };
    const answer = await service.api.post('/api/users/resend-verification', undefined, options);
    assertStatus(answer, 200);
    const message = 'If the email is not verified yet, a verification link has been sent';
    assert.deepEqual(answer.body, { message });
  };
  for (let count = 0; count < 5; count += 1) await again();
  assert.equal((await service.mailbox.mails('email_verification')).length, 3);
  const token = await service.mailbox.token('email_verification', user.email);
  assertStatus(await service.api.post(path, { token }), 200);
  await service.db.deleteFrom('throttles').execute();
  await again();
  assert.equal((await service.mailbox.mails('email_verification')).length, 3);
});

test('only the right password reveals that the address must be verified first', async (t) => {
  const service = await createTestApp(t, { REQUIRE_VERIFIED_EMAIL: 'true' });
  const { api, mailbox } = service;
  const registration = newRegistration();
  assertStatus(await api.post('/api/users/register', registration), 201);
  const { email, username } = registration;
  assertStatus(await api.post('/api/users/login', { username, password: 'not the password' }), 401);
  const refused = await api.post('/api/users/login', { username, password: goodPassword });
  assertStatus(refused, 403);
  assert.equal(refused.body.details.reason, 'email_not_verified');
  assert.equal(refused.body.access_token, undefined);
  assert.equal((await mailbox.mails('email_verification')).length, 2);
  assertStatus(
    await api.post(path, { token: await mailbox.token('email_verification', email) }),
    200,
  );
  assertStatus(await api.post('/api/users/login', { username, password: goodPassword }), 200);
  // Admins need not verify an address.
  await signedInAdmin(service);
});
