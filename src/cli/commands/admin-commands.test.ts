import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { itemsOf, openCommandLine } from '../../../test/command-line.ts';
import { logIn, protectedAccount } from '../../../test/factor-calls.ts';
import { newRegistration, signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { adminRealm } from '../../domain/realms/realms.ts';

const { username, email, password } = newRegistration({ password: 'granite lantern 48' });
const names = { username, email, password };

test('the first admin of the command line is a superadmin, a later one is not', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const first = await line.result('admin create', names);
  const later = await line.result('admin create', newRegistration());
  assert.deepEqual([first.is_superadmin, later.is_superadmin], [true, false]);
  const { body } = await service.api.post('/api/admins/login', { username, password });
  assertStatus(await service.api.get('/api/admins', { token: body.access_token }), 200);
});

test('an admin can be made on the command line at any time, also a superadmin', async (t) => {
  const service = await createTestApp(t);
  await signedInAdmin(service);
  const line = await openCommandLine(t, service);
  const made = await line.result('admin create', { ...names, superadmin: true, fullName: 'Ada' });
  assert.deepEqual([made.is_superadmin, made.full_name], [true, 'Ada']);
});

test('what the command line does is recorded without an actor and with its mark', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const { id } = await line.result('admin create', names);
  const admin = await signedInAdmin(service);
  const path = `/api/admins/audit-events?event=account_registered&subject=${id}`;
  const { body } = await service.api.get(path, { token: admin.accessToken });
  assert.equal(body.items.length, 1);
  assert.deepEqual([body.items[0].actor, body.items[0].details], [null, { via: 'command_line' }]);
});

test('an admin of the command line obeys the rules of registration, all faults named', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  await line.result('admin create', names);
  const taken = await line.run('admin create', { ...names, email: 'other@example.com' });
  assert.deepEqual(taken.outcome, {
    failure: { kind: 'refused', message: 'This username is already taken' },
  });
  const bad = await line.run('admin create', {
    username: 'a b',
    email: 'nobody',
    password: 'short',
  });
  assert.ok('failure' in bad.outcome);
  assert.equal(bad.outcome.failure.kind, 'invalid');
  assert.deepEqual(
    bad.outcome.failure.errors?.map(({ field }) => field),
    ['email', 'username', 'password'],
  );
});

test('a password set for an admin ends all sessions and tells the owner', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const line = await openCommandLine(t, service);
  const next = 'copper meadow anvil 7';
  await line.result('admin reset-password', { admin: admin.email, password: next });
  assertStatus(await service.api.get('/api/admins/me', { token: admin.accessToken }), 401);
  const login = (tried: string) =>
    service.api.post('/api/admins/login', { username: admin.username, password: tried });
  assertStatus(await login(admin.password), 401);
  assertStatus(await login(next), 200);
  const mails = await service.db
    .selectFrom('mails')
    .select(['kind', 'recipient'])
    .limit(1)
    .execute();
  assert.deepEqual(mails, [{ kind: 'password_changed', recipient: admin.email }]);
});

test('the factors of an admin who has lost them are removed on the command line', async (t) => {
  const service = await createTestApp(t);
  const admin = await protectedAccount(service, adminRealm);
  const line = await openCommandLine(t, service);
  const { username } = admin;
  assert.deepEqual(await line.result('admin reset-factors', { admin: username }), {
    id: admin.id,
    username,
    second_factors: 'removed',
    sessions: 'ended',
  });
  assertStatus(await service.api.get('/api/admins/me', { token: admin.accessToken }), 401);
  assertStatus(await logIn(service, adminRealm, admin), 200);
  const query = service.db.selectFrom('audit_events').select(['actor_id', 'details']);
  const events = await query.where('event', '=', 'second_factors_reset').execute();
  assert.deepEqual(events, [{ actor_id: null, details: { via: 'command_line' } }]);
  assert.equal((await service.mailbox.mails('second_factors_reset')).length, 1);
  const { outcome } = await line.run('admin reset-factors', { admin: 'nobody' });
  assert.ok('failure' in outcome && outcome.failure.kind === 'refused');
});

test("a password that contains the admin's name is refused on the command line", async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const line = await openCommandLine(t, service);
  const guessable = { admin: admin.username, password: `${admin.username} 2026` };
  const { outcome } = await line.run('admin reset-password', guessable);
  assert.ok(
    'failure' in outcome && outcome.failure.errors?.[0]?.field === 'password',
    JSON.stringify(outcome),
  );
});

test('the password of an unknown admin, or of a user, is not set', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const line = await openCommandLine(t, service);
  for (const admin of ['nobody', user.username, user.id]) {
    const { outcome } = await line.run('admin reset-password', {
      admin,
      password: 'copper meadow anvil',
    });
    assert.deepEqual(outcome, { failure: { kind: 'refused', message: 'There is no such admin' } });
  }
});

test('all admins are listed, more than a page, and nothing of a password', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  for (let count = 0; count < 101; count += 1) await signedInAdmin(service);
  const listed = itemsOf(await line.run('admin list'));
  assert.equal(new Set(listed.map(({ id }) => id)).size, 101);
  assert.doesNotMatch(JSON.stringify(listed), /password|\$2b\$/);
});

test('keys counts what depends on the current, the previous and a retired secret', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  await signedInUser(service);
  const retired = await signedInUser(service);
  await service.db
    .updateTable('sessions')
    .set({ key_id: 'gone' })
    .where('subject_id', '=', retired.id)
    .execute();
  const { kid } = service.keys.current;
  assert.deepEqual(itemsOf(await line.run('keys')), [
    { kid, secret: 'SECRET_KEY', sessions: 1, links: 0, second_factors: 0, signing_keys: 2 },
    {
      kid: 'gone',
      secret: 'retired',
      sessions: 1,
      links: 0,
      second_factors: 0,
      signing_keys: 0,
    },
  ]);
});

test('migrate finds nothing to do beside a service that has started', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  assert.deepEqual(await line.result('migrate plan'), { missing: [] });
  assert.deepEqual(await line.result('migrate'), { applied: [] });
});
