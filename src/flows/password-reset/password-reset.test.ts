import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { afterNextHash } from '../../../test/after-next-hash.ts';
import type { Answer } from '../../../test/answer.ts';
import { assertStatus } from '../../../test/api.ts';
import { moveTo, verifiedUser } from '../../../test/email-calls.ts';
import { registeredUser, signedInAdmin, signedInUser, signIn } from '../../../test/factories.ts';
import { reset, resetToken } from '../../../test/reset-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { Database } from '../../platform/database/database.ts';
import { HashQueueFullError } from '../../platform/hashing/password-hasher.ts';
import { answerResetRequest } from './request-password-reset.ts';

const goodNewPassword = 'granite lantern 41 willow';

test('forgot-password gives the same answer whether or not the account exists', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const inactive = await signedInUser(service);
  await service.db
    .updateTable('users')
    .set({ is_active: false })
    .where('id', '=', inactive.id)
    .execute();
  const admin = await signedInAdmin(service);
  const emails = [
    user.email,
    user.email.toUpperCase(),
    inactive.email,
    admin.email,
    'nobody@example.com',
  ];
  for (const email of emails) {
    const answer = await service.api.post('/api/password/forgot-password', { email });
    assertStatus(answer, 200);
    assert.deepEqual(answer.body, {
      message: 'If the email exists, a password reset link has been sent',
    });
    assert.ok(!service.logs().includes(email));
  }
});

test('forgot-password accepts only a plain e-mail address', async (t) => {
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

test('before any token is issued, every token gets the same refusal', async (t) => {
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
    // The log identifies accounts by their ids.
    assert.ok(token === user.id || token.length < 5 || !service.logs().includes(token));
  }
  assert.equal(answers[0]?.error, 'BadRequestError');
  assert.deepEqual(answers[0]?.details, { reason: 'invalid_reset_token' });
  assert.equal(answers[0]?.message, 'The reset link is invalid or has expired');
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  await signIn(service, userRealm, user);
});

test('a reset reports all faults of its body before it looks up the token', async (t) => {
  const { api, hashes } = await createTestApp(t);
  const hashed = hashes();
  for (const [body, fields] of [
    [{}, ['new_password', 'token']],
    [{ token: '', new_password: 'short' }, ['new_password', 'token']],
    [{ token: 'any', new_password: 'short' }, ['new_password']],
    [{ token: 'any', new_password: 'password123' }, ['new_password']],
    [{ token: ['any'], new_password: goodNewPassword }, ['token']],
    [{ token: 'x'.repeat(4097), new_password: goodNewPassword }, ['token']],
    [{ token: 'a\u0000b', new_password: goodNewPassword }, ['token']],
  ] as const) {
    const answer = await api.post('/api/password/reset-password', body);
    assertStatus(answer, 422);
    const named = new Set(answer.body.details.errors.map(({ field }: { field: string }) => field));
    assert.deepEqual([...named].toSorted(), fields, JSON.stringify(body).slice(0, 80));
  }
  assert.equal(hashes(), hashed);
});

function check({ api }: TestApp, token: unknown): Promise<Answer> {
  return api.post('/api/password/check-reset-token', { token });
}

test('a live reset token names the address it was mailed to, nothing else, and stays live', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service, { fullName: 'Ada Lovelace' });
  const token = await resetToken(service, user.email);
  for (let count = 0; count < 2; count += 1) {
    const answer = await check(service, token);
    assertStatus(answer, 200);
    assert.deepEqual(answer.body, { email: user.email });
  }
  assertStatus(await reset(service.api, token), 200);
  assertStatus(await check(service, token), 400);
});

test('a token that resets nothing names nobody, with the refusal of a reset, which is recorded', async (t) => {
  const service = await createTestApp(t);
  const user = await registeredUser(service);
  const token = await resetToken(service, user.email);
  const verification = await service.mailbox.token('email_verification', user.email);
  const refused = await reset(service.api, 'x');
  await service.db.updateTable('users').set({ is_active: false }).execute();
  for (const bad of [token, verification, user.email, user.refreshToken, 'x']) {
    const { status, body } = await check(service, bad);
    assert.equal(status, 400);
    assert.deepEqual(
      [body.error, body.message, body.details],
      [refused.body.error, refused.body.message, refused.body.details],
    );
    assert.doesNotMatch(JSON.stringify(body), new RegExp(user.email));
  }
  const events = service.db.selectFrom('audit_events').selectAll();
  const failures = await events.where('event', '=', 'password_reset').execute();
  assert.equal(failures.length, 6);
  assert.ok(failures.every(({ outcome }) => outcome === 'failure'));
});

test('who has the old address is told that one, and not where the account has moved', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  await moveTo(service, user, 'elsewhere@example.org');
  const token = await resetToken(service, user.email);
  const answer = await check(service, token);
  assertStatus(answer, 200);
  assert.deepEqual(answer.body, { email: user.email });
  await service.db
    .updateTable('users')
    .set({ email: 'third@example.org', is_email_verified: true })
    .execute();
  assertStatus(await check(service, token), 400);
});

test('guessing reset tokens by asking for their address is limited like the reset itself', async (t) => {
  const service = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '200' });
  const options = { remoteAddress: '127.8.1.1' };
  for (let count = 0; count < 10; count += 1) {
    const path = count % 2 === 0 ? 'check-reset-token' : 'reset-password';
    const body = { token: 'x', new_password: goodNewPassword };
    assertStatus(await service.api.post(`/api/password/${path}`, body, options), 400);
  }
  const body = { token: 'x' };
  assertStatus(await service.api.post('/api/password/check-reset-token', body, options), 429);
});

test('a reset link of a deactivated user costs no hash', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const token = await resetToken(service, user.email);
  await service.db.updateTable('users').set({ is_active: false }).execute();
  const hashed = service.hashes();
  assertStatus(await reset(service.api, token), 400);
  assert.equal(service.hashes(), hashed);
});

for (const [what, change] of [
  ['is deleted', (db: Database) => db.deleteFrom('users').execute()],
  [
    'has another password',
    (db: Database) => db.updateTable('users').set({ password_version: 7 }).execute(),
  ],
  [
    'has used the link',
    (db: Database) => db.updateTable('links').set({ ended_at: new Date() }).execute(),
  ],
] as const) {
  test(`a reset link of a user who ${what} during the hash sets no password`, async (t) => {
    const service = await createTestApp(t);
    const user = await signedInUser(service);
    const token = await resetToken(service, user.email);
    afterNextHash(t, service, 'hash', () => change(service.db));
    const answer = await reset(service.api, token);
    assertStatus(answer, 400);
    assert.deepEqual(answer.body.details, { reason: 'invalid_reset_token' });
    assert.deepEqual(await service.mailbox.mails('password_changed'), []);
  });
}

test('a server error during a reset does not use up the link', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const token = await resetToken(service, user.email);
  afterNextHash(t, service, 'hash', () => Promise.reject(new HashQueueFullError()));
  assertStatus(await reset(service.api, token), 503);
  assertStatus(await reset(service.api, token), 200);
});

test('a reset request whose job fails is rolled back and retried', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  await service.mailbox.deliver();
  const jobs = { ...service.jobs, send: () => Promise.reject(new Error('job refused')) };
  for (const email of [user.email, 'nobody@example.com'])
    await assert.rejects(answerResetRequest({ ...service, jobs }, email), /job refused/);
  assert.deepEqual(await service.mailbox.mails('password_reset'), []);
  // For an unknown address there is nothing to retry.
  await answerResetRequest(service, 'nobody@example.com');
  await answerResetRequest(service, user.email);
  assert.equal((await service.mailbox.mails('password_reset')).length, 1);
});
