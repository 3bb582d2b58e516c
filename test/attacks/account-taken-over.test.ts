import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assembly } from '../../src/app.ts';
import { updateAccount } from '../../src/domain/accounts/account-store.ts';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { openSession } from '../../src/domain/sessions/open-session.ts';
import { signInByEmail } from '../../src/flows/email-sign-in/sign-in-by-email.ts';
import type { Transaction } from '../../src/platform/database/database.ts';
import { assertStatus } from '../api.ts';
import { moveTo, verifiedUser } from '../email-calls.ts';
import { askByEmail, byCode, byEmail, confirm, signInMail } from '../email-sign-in-calls.ts';
import { addApp } from '../factor-calls.ts';
import { newRegistration, registeredUser } from '../factories.ts';
import { signInWith, withPasskey } from '../passkeys/passkey-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** An account in somebody else's name, with everything that a stranger can set up in it. */
async function preparedByStranger(service: TestApp) {
  const victim = 'victim@example.com';
  const stranger = await registeredUser(service, { email: victim });
  const app = await addApp(service, userRealm, stranger.accessToken);
  return { victim, stranger, app };
}

test('Q07 GHSA-qq9h-g4jm-xgf3: an account registered in my name is mine alone', async (t) => {
  const service = await createTestApp(t, byEmail);
  const { api, db } = service;
  const { victim, stranger, app } = await preparedByStranger(service);
  await api.post('/api/password/forgot-password', { email: victim });
  const reset = await service.mailbox.token('password_reset', victim);
  const mail = await signInMail(service, victim);
  const answer = await confirm(api, { token: mail.token });
  assertStatus(answer, 200);
  const me = await api.get('/api/users/me', { token: answer.body.access_token });
  assert.equal(me.body.id, stranger.id);
  assert.equal(me.body.is_email_verified, true);

  assertStatus(await api.get('/api/users/me', { token: stranger.accessToken }), 401);
  assertStatus(await api.post('/api/users/refresh', { refresh_token: stranger.refreshToken }), 401);
  const { username, password } = stranger;
  assertStatus(await api.post('/api/users/login', { username, password }), 401);
  const set = { token: reset, new_password: 'granite lantern 41 willow' };
  assertStatus(await api.post('/api/password/reset-password', set), 400);
  const row = await db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([row.password_hash, row.has_second_factor], [null, false]);
  for (const table of [
    'totp_factors',
    'recovery_codes',
    'passkeys',
    'second_factor_challenges',
  ] as const)
    assert.deepEqual(await db.selectFrom(table).selectAll().execute(), [], table);
  assert.ok(app.recoveryCodes.length > 0);
  const links = await db.selectFrom('links').select('id').where('ended_at', 'is', null).execute();
  assert.deepEqual(links, []);
  const told = await service.mailbox.mails('account_taken_over');
  assert.deepEqual(
    told.map(({ recipient }) => recipient),
    [victim],
  );
  const events = db
    .selectFrom('audit_events')
    .select('details')
    .where('event', '=', 'account_taken_over');
  assert.deepEqual(await events.execute(), [{ details: { reason: 'email' } }]);
});

test('Q07 a reset of an account that a stranger made ends the passkey and app of before', async (t) => {
  const service = await createTestApp(t, byEmail);
  const { api, db } = service;
  const { person, authenticator } = await withPasskey(service, userRealm);
  await api.post('/api/password/forgot-password', { email: person.email });
  const token = await service.mailbox.token('password_reset', person.email);
  const set = { token, new_password: 'granite lantern 41 willow' };
  assertStatus(await api.post('/api/password/reset-password', set), 200);
  assertStatus(await signInWith(service, userRealm, authenticator), 401);
  assert.deepEqual(await db.selectFrom('passkeys').select('id').execute(), []);
  const { username } = person;
  const { new_password: password } = set;
  assertStatus(await api.post('/api/users/login', { username, password }), 200);
});

test('Q07 CVE-2026-44166: a passkey of before does not sign in, nor a sign-in between its steps', async (t) => {
  const service = await createTestApp(t, byEmail);
  const { person, authenticator } = await withPasskey(service, userRealm);
  const between = await service.api.post('/api/users/login', {
    username: person.username,
    password: person.password,
  });
  assert.equal(between.body.details.reason, 'second_factor_required');
  const mail = await signInMail(service, person.email);
  assertStatus(await confirm(service.api, byCode(mail)), 200);
  assertStatus(await signInWith(service, userRealm, authenticator), 401);
  const { challenge } = between.body.details;
  const body = { challenge, code: '000000' };
  assertStatus(await service.api.post('/api/users/login/second-factor', body), 401);
  assert.deepEqual(await service.db.selectFrom('passkeys').selectAll().execute(), []);
});

test('Q07: an account that was verified once keeps everything', async (t) => {
  const service = await createTestApp(t, byEmail);
  const user = await verifiedUser(service);
  const mail = await signInMail(service, user.email);
  assertStatus(await confirm(service.api, { token: mail.token }), 200);
  const { username, password } = user;
  assertStatus(await service.api.post('/api/users/login', { username, password }), 200);
  assertStatus(await service.api.get('/api/users/me', { token: user.accessToken }), 200);
  assert.deepEqual(await service.mailbox.mails('account_taken_over'), []);
});

test('Q07: who moved to my address, and can go back, keeps the account and gets the mail', async (t) => {
  const service = await createTestApp(t, byEmail);
  const thief = await verifiedUser(service, { email: 'thief@example.com' });
  await moveTo(service, thief, 'victim@example.com');
  const asked = await askByEmail(service.api, 'victim@example.com');
  assertStatus(asked, 200);
  const mails = await service.mailbox.mails('email_sign_in');
  assert.deepEqual(
    mails.map(({ recipient }) => recipient),
    ['thief@example.com'],
  );
  // The address is free for who registers with it.
  const victim = newRegistration({ email: 'victim@example.com' });
  assertStatus(await service.api.post('/api/users/register', victim), 201);
});

test('Q07: a failed take-over changes nothing', async (t) => {
  const service = await createTestApp(t, byEmail);
  const { victim } = await preparedByStranger(service);
  const mail = await signInMail(service, victim);
  await service.db.deleteFrom('audit_events').execute();
  await sql`ALTER TABLE sessions ADD CONSTRAINT no_new CHECK (methods <> 'email')`.execute(
    service.db,
  );
  try {
    const before = await service.db.selectFrom('users').selectAll().execute();
    // Not by a request: no answer of the service may be a 500.
    const client = { ip: '127.0.0.1', userAgent: undefined };
    const deps = { ...service.deps, ...assembly };
    await assert.rejects(signInByEmail(deps, { token: mail.token }, client), /no_new/);
    assert.deepEqual(await service.db.selectFrom('users').selectAll().execute(), before);
    assert.equal((await service.db.selectFrom('totp_factors').selectAll().execute()).length, 1);
  } finally {
    await sql`ALTER TABLE sessions DROP CONSTRAINT no_new`.execute(service.db);
  }
  assertStatus(await confirm(service.api, { token: mail.token }), 200);
});

test('Q07: what a sign-in changes first is undone where it opens nothing', async (t) => {
  const service = await createTestApp(t);
  const user = await registeredUser(service);
  const read = () => service.db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
  const before = await read();
  const opening = {
    client: { ip: '127.0.0.1', userAgent: undefined },
    methods: ['email'] as const,
    prepare: async (trx: Transaction) => {
      await updateAccount(trx, userRealm, user.id, { is_email_verified: true });
      return { id: user.id, email: user.email, password_version: 99 };
    },
  };
  assert.equal(await openSession(service.deps, userRealm, before, opening), null);
  assert.deepEqual(await read(), before);
});
