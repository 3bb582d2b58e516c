import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { itemsOf, openCommandLine } from '../../../test/command-line.ts';
import { signedInUser } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';

test('a user of the command line gets a link to set a password', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const made = await line.result('user create', { email: 'ada@example.com', username: 'ada' });
  assert.deepEqual([made.username, made.is_email_verified], ['ada', false]);
  const mails = await service.db.selectFrom('mails').select(['recipient', 'link_id']).execute();
  assert.deepEqual(
    mails.map(({ recipient, link_id }) => [recipient, link_id !== null]),
    [['ada@example.com', true]],
  );
});

test('users are shown, deactivated, deleted and restored by any of their names', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const user = await signedInUser(service);
  const login = () =>
    service.api.post('/api/users/login', { username: user.username, password: user.password });
  for (const who of [user.id, user.username.toUpperCase(), user.email]) {
    assert.equal((await line.result('user show', { user: who })).id, user.id);
    await line.result('user deactivate', { user: who });
    assertStatus(await service.api.get('/api/users/me', { token: user.accessToken }), 401);
    assertStatus(await login(), 401);
    await line.result('user deactivate', { user: who, undo: true });
    await line.result('user delete', { user: who });
    assertStatus(await login(), 401);
    assert.equal(itemsOf(await line.run('user list', { deleted: true })).length, 1);
    await line.result('user restore', { user: who });
    assertStatus(await login(), 200);
  }
  const events = await service.db
    .selectFrom('audit_events')
    .select(['actor_id', 'details', 'event'])
    .execute();
  const ordered = events.filter(({ event }) => /^user_|restored|deleted/.test(event));
  assert.ok(ordered.length >= 12);
  assert.ok(
    ordered.every(({ actor_id, details }) => actor_id === null && details.via === 'command_line'),
  );
});

test('who is not there is not found, whatever the command', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  for (const command of ['show', 'deactivate', 'delete', 'restore', 'export-data']) {
    for (const user of [
      'nobody',
      'a@b.c',
      '00000000-0000-0000-0000-000000000000',
      '%',
      "' OR 1=1",
    ]) {
      const { outcome } = await line.run(`user ${command}`, { user });
      assert.ok('failure' in outcome && outcome.failure.kind === 'refused', `${command} ${user}`);
    }
  }
});

test('a list ends at its limit', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  for (let count = 0; count < 4; count += 1) await signedInUser(service);
  const run = await line.run('user list', { limit: '3' });
  assert.equal(itemsOf(run).length, 3);
  assert.deepEqual(run.outcome, { result: { count: 3, total: 4 } });
});

test('the data of one user are exported as the user can, and nothing of others', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const [user, other] = [await signedInUser(service), await signedInUser(service)];
  const { events } = await line.run('user export-data', { user: user.email });
  const text = events.map((event) => ('text' in event ? event.text : '')).join('');
  assert.equal(JSON.parse(text).account.email, user.email);
  assert.ok(!text.includes(other.email) && !text.includes('$2b$'));
});

test('all users are exported, without passwords, in more than one batch', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const rows = Array.from({ length: 1201 }, (_, at) => `u${at}x,u${at}@example.com`);
  await line.result('user import', { file: 'x.csv' }, `username,email\n${rows.join('\n')}\n`);
  const user = await signedInUser(service, { fullName: '=HYPERLINK("x")' });
  const exported = itemsOf(await line.run('user export'));
  assert.equal(new Set(exported.map(({ username }) => username)).size, 1202);
  assert.equal(exported.find(({ id }) => id === user.id)?.full_name, '=HYPERLINK("x")');
  assert.doesNotMatch(JSON.stringify(exported), /password|\$2b\$/);
});
