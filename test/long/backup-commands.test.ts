import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { newKeyPair } from '../backup-calls.ts';
import { openCommandLine, temporaryDirectory } from '../command-line.ts';
import { registeredUser, signedInAdmin } from '../factories.ts';
import { createTestApp } from '../test-app.ts';

test('backup create runs in the server, and status tells what there is', async (t) => {
  const { recipient } = await newKeyPair();
  const to = join(temporaryDirectory(t), 'backups');
  const service = await createTestApp(t, { BACKUP_TO: to, BACKUP_RECIPIENTS: recipient });
  const line = await openCommandLine(t, service);
  const none = { place: to, last: null, last_verified: null, newly_verified: 0 };
  assert.deepEqual(await line.result('backup status'), none);
  const created = await line.result('backup create');
  assert.deepEqual([created.verified, created.pruned, created.place], [0, 0, to]);
  const status = await line.result('backup status');
  assert.deepEqual(status, { ...none, last: created.taken_at });
});

test('backup create without a recipient is refused, and says what to do', async (t) => {
  const line = await openCommandLine(t, await createTestApp(t));
  const { outcome } = await line.run('backup create');
  assert.ok('failure' in outcome && outcome.failure.kind === 'refused');
  assert.match(outcome.failure.message, /BACKUP_RECIPIENTS is not set.*age-keygen/);
});

test('backup recovered ends every session and link beside a running server, and is on record', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const [user, admin] = [await registeredUser(service), await signedInAdmin(service)];
  const first = await line.result('backup recovered');
  assert.deepEqual([first.epoch, first.sessions_ended, first.links_ended], [1, 2, 1]);
  assertStatus(await service.api.get('/api/users/me', { token: user.accessToken }), 401);
  assertStatus(await service.api.get('/api/admins/me', { token: admin.accessToken }), 401);
  assert.equal((await line.result('backup recovered')).epoch, 2);
  const query = service.db.selectFrom('audit_events').select(['actor_id', 'details']);
  const events = await query.where('event', '=', 'database_restored').orderBy('id').execute();
  assert.deepEqual(
    events.map(({ actor_id: actor, details }) => [actor, details]),
    [1, 2].map((count) => [null, { count, via: 'command_line' }]),
  );
});
