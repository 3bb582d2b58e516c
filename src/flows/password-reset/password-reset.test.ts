import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { afterNextHash } from '../../../test/after-next-hash.ts';
import { assertStatus } from '../../../test/api.ts';
import { signedInAdmin, signedInUser, signIn } from '../../../test/factories.ts';
import { reset, resetToken } from '../../../test/reset-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { Database } from '../../platform/database/database.ts';
import { HashQueueFullError } from '../../platform/hashing/password-hasher.ts';
import { answerResetRequest } from './request-password-reset.ts';

const goodNewPassword = 'granite lantern 41 willow';

test('forgot has one answer, whether there is such an account or not', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const inactive = await signedInUser(service);
  await service.db.updateTable('users').set({ is_active: false }).where('id', '=', inactive.id).execute();
  const admin = await signedInAdmin(service);
  const emails = [user.email, user.email.toUpperCase(), inactive.email, admin.email, 'nobody@example.com'];
  for (const email of emails) {
    const answer = await service.api.post('/api/password/forgot-password', { email });
    assertStatus(answer, 200);
    assert.deepEqual(answer.body, { message: 'If the email exists, a password reset link has been sent' });
    assert.ok(!service.logs().includes(email));
  }
});

test('forgot wants one plain e-mail address', async (t) => {
  const { api } = await createTestApp(t);
  for (const email of [
    undefined,
    null,
    '',
    'x',
    'a@x.example,b@y.example',
    'A <a@x.example>',
    ['a@x.example'],
  ]) {
    const answer = await api.post('/api/password/forgot-password', { email });
    assertStatus(answer, 422);
    assert.deepEqual(
      answer.body.details.errors.map(({ field }: { field: string }) => field),
      ['email'],
    );
  }
});

test('no token resets a password as long as none was ever issued, and all get one answer', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const tokens = [
    'x',
    'null',
    user.id,
    user.email,
    user.refreshToken,
    randomBytes(48).toString('base64url'),
    '%00',
    "' OR 1=1 --",
    'ü'.repeat(500),
  ];
  const answers = [];
  for (const token of tokens) {
    const body = { token, new_password: goodNewPassword };
    const answer = await service.api.post('/api/password/reset-password', body);
    assertStatus(answer, 400);
    const { error, message, details, path } = answer.body;
    answers.push({ error, message, details, path });
    // The log names accounts by their ids.
    assert.ok(token === user.id || token.length < 5 || !service.logs().includes(token));
  }
  assert.equal(answers[0]?.error, 'BadRequestError');
  assert.deepEqual(answers[0]?.details, { reason: 'invalid_reset_token' });
  assert.equal(answers[0]?.message, 'The reset link is not valid or no longer valid');
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  await signIn(service, userRealm, user);
});

test('a reset names the faults of token and password at once, before it looks at the token', async (t) => {
  const { api, hasher } = await createTestApp(t);
  const hashed = hasher.state.completed;
  for (const [body, fields] of [
    [{}, ['new_password', 'token']],
    [{ token: '', new_password: 'short' }, ['new_password', 'token']],
    [{ token: 'any', new_password: 'short' }, ['new_password']],
    [{ token: 'any', new_password: 'password123' }, ['new_password']],
    [{ token: ['any'], new_password: goodNewPassword }, ['token']],
    [{ token: 'x'.repeat(501), new_password: goodNewPassword }, ['token']],
    [{ token: 'a\u0000b', new_password: goodNewPassword }, ['token']],
  ] as const) {
    const answer = await api.post('/api/password/reset-password', body);
    assertStatus(answer, 422);
    const named = new Set(answer.body.details.errors.map(({ field }: { field: string }) => field));
    assert.deepEqual([...named].toSorted(), fields, JSON.stringify(body).slice(0, 80));
  }
  assert.equal(hasher.state.completed, hashed);
});

test('a link of a user who was deactivated costs no hash', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const token = await resetToken(service, user.email);
  await service.db.updateTable('users').set({ is_active: false }).execute();
  const hashed = service.hasher.state.completed;
  assertStatus(await reset(service.api, token), 400);
  assert.equal(service.hasher.state.completed, hashed);
});

for (const [what, change] of [
  ['is deleted', (db: Database) => db.deleteFrom('users').execute()],
  ['has another password', (db: Database) => db.updateTable('users').set({ password_version: 7 }).execute()],
  ['has used the link', (db: Database) => db.updateTable('links').set({ ended_at: new Date() }).execute()],
] as const) {
  test(`a link of a user who ${what} while the new password is hashed sets none`, async (t) => {
    const service = await createTestApp(t);
    const user = await signedInUser(service);
    const token = await resetToken(service, user.email);
    afterNextHash(t, service.hasher, 'hash', () => change(service.db));
    const answer = await reset(service.api, token);
    assertStatus(answer, 400);
    assert.deepEqual(answer.body.details, { reason: 'invalid_reset_token' });
    assert.deepEqual(await service.mailbox.mails('password_changed'), []);
  });
}

test('what fails on our side is not called the fault of the link, which stays good', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const token = await resetToken(service, user.email);
  afterNextHash(t, service.hasher, 'hash', () => Promise.reject(new HashQueueFullError()));
  assertStatus(await reset(service.api, token), 503);
  assertStatus(await reset(service.api, token), 200);
});

test('a request that can not be answered now fails, to be tried again; nothing of it stays', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  await service.mailbox.deliver();
  const jobs = { ...service.jobs, send: () => Promise.reject(new Error('no room for a job')) };
  for (const email of [user.email, 'nobody@example.com'])
    await assert.rejects(answerResetRequest({ ...service, jobs }, email), /no room for a job/);
  assert.deepEqual(await service.mailbox.mails('password_reset'), []);
  // For nobody there is nothing to try again.
  await answerResetRequest(service, 'nobody@example.com');
  await answerResetRequest(service, user.email);
  assert.equal((await service.mailbox.mails('password_reset')).length, 1);
});
