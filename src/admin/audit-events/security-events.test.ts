import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { eventsOf, liveThrough } from '../../../test/audited-life.ts';
import { byEmail } from '../../../test/email-sign-in-calls.ts';
import {
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
  signIn,
} from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { assembly } from '../../app.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import { transact } from '../../platform/database/database.ts';

// No request has them; the tests of imports, backups, verifications and keys do.
const onCommandLine = [
  'users_imported',
  'admins_imported',
  'database_restored',
  'audit_verified',
  'signing_key_rotated',
  'signing_keys_revoked',
];

test('M04 every security event is a row and a log line with all its fields', async (t) => {
  const service = await createTestApp(t, byEmail);
  const { admin } = await liveThrough(service);
  const events = await eventsOf(service, admin);
  assert.deepEqual(
    [...new Set(events.map(({ event }) => event))].toSorted(),
    Object.keys(assembly.auditEvents)
      .filter((event) => !onCommandLine.includes(event))
      .toSorted(),
  );
  const erased = new Set(
    events.filter(({ event }) => event === 'user_erased').map(({ subject }) => subject?.id),
  );
  const lines = service
    .logs()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const { event, outcome, ip, request_id, occurred_at, subject, actor } of events) {
    assert.match(occurred_at, /Z$/);
    // It is found by a job, which has no request.
    if (event === 'audit_chain_broken') continue;
    // An erasure has no request, and leaves none with the other events of the account.
    if (erased.has(subject?.id)) continue;
    assert.match(String(ip), /^127\./, event);
    const line = lines.find(
      (one) => one.event === event && one.request_id === request_id && one.outcome === outcome,
    );
    assert.ok(line, `${event} ${request_id}`);
    assert.equal(line.client, ip);
    assert.equal(line.subject_id, subject?.id);
    assert.equal(line.actor_id, actor?.id);
  }
});

test('M04 an event distinguishes actor from subject and failure from success', async (t) => {
  const service = await createTestApp(t);
  const { admin, user, other } = await liveThrough(service);
  const events = await eventsOf(service, admin);
  const one = (event: string, outcome = 'success') =>
    events.filter((each) => each.event === event && each.outcome === outcome);
  const asAdmin = { kind: 'admin', id: admin.id };
  const ofUser = { kind: 'user', id: user.id };
  for (const event of ['user_deactivated', 'user_sessions_revoked', 'password_reset_sent']) {
    assert.deepEqual(
      one(event).map(({ actor, subject }) => ({ actor, subject })),
      [{ actor: asAdmin, subject: ofUser }],
    );
  }
  assert.deepEqual(one('admin_changed')[0]?.subject, { kind: 'admin', id: other.id });
  assert.deepEqual(one('admin_changed')[0]?.details, { fields: ['is_superadmin'] });
  assert.deepEqual(one('password_changed')[0]?.actor, ofUser);
  assert.deepEqual(one('access_denied', 'denied')[0]?.actor, ofUser);
  assert.deepEqual(one('access_denied', 'denied')[0]?.details, { route: 'GET /api/admins/users' });
  const reasons = one('sign_in', 'failure')
    .filter(({ subject }) => subject === null || subject.id === user.id)
    .map(({ subject, actor, details }) => ({ subject, actor, details }));
  assert.deepEqual(reasons, [
    { subject: null, actor: null, details: { reason: 'unknown_name' } },
    { subject: ofUser, actor: null, details: { reason: 'wrong_password' } },
  ]);
  assert.equal(one('password_reset', 'failure')[0]?.subject, null);
  assert.deepEqual(one('password_reset_requested')[0]?.subject, ofUser);
  assert.equal(one('password_reset_requested')[0]?.actor, null);
});

test('M04 an event holds ids and fixed words, never user input', async (t) => {
  const service = await createTestApp(t);
  const { user } = await liveThrough(service);
  const rows = JSON.stringify(await service.db.selectFrom('audit_events').selectAll().execute());
  for (const typed of [
    user.email,
    user.username,
    'nobody.here',
    'flood@example.com',
    'no-such-token',
    'Countess',
  ]) {
    assert.ok(!rows.includes(typed), typed);
  }
});

test('M04 an event is committed with its change, and logged only after the commit', async (t) => {
  const service = await createTestApp(t);
  const subject = { kind: 'user', id: '01890a5d-ac96-774b-bcce-b302099a8057' } as const;
  const failed = transact(service.db, async (trx) => {
    await recordEvent(service, trx, { event: 'password_changed', subject });
    throw new Error('later');
  });
  await assert.rejects(failed, /later/);
  assert.equal(service.logs(), '');
  assert.deepEqual(await service.db.selectFrom('audit_events').select('id').execute(), []);
  await transact(service.db, async (trx) => {
    await recordEvent(service, trx, { event: 'password_changed', subject });
    assert.equal(service.logs(), '');
  });
  assert.match(service.logs(), /Security event: password_changed, success/);
});

test('M04 refusals of a limit are one row per key and window', async (t) => {
  const service = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '20' });
  const { api } = service;
  const admin = await signedInAdmin(service);
  const from = (remoteAddress: string) => ({ remoteAddress });
  const flood = (address: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => api.get('/nothing', from(address))));
  await flood('203.0.113.7', 60);
  await flood('203.0.113.8', 40);
  await service.clock.advance(3600);
  await flood('203.0.113.7', 30);
  const again = await signIn(service, adminRealm, admin);
  const events = await eventsOf(service, again, '&event=limit_exceeded');
  assert.deepEqual(
    events.map(({ ip, details, outcome }) => [ip, details.policy, outcome]).toSorted(),
    [
      ['203.0.113.7', 'ip', 'denied'],
      ['203.0.113.7', 'ip', 'denied'],
      ['203.0.113.8', 'ip', 'denied'],
    ],
  );
});

test('M04 an attack on an account is one row, naming the account', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const user = await signedInUser(service);
  const guess = () =>
    service.api.post('/api/users/login', { username: user.username, password: 'wrong' });
  for (let count = 0; count < 5; count += 1) assertStatus(await guess(), 401);
  for (let count = 0; count < 5; count += 1) assertStatus(await guess(), 429);
  const events = await eventsOf(service, admin, `&event=limit_exceeded&subject=${user.id}`);
  assert.deepEqual(
    events.map(({ details }) => details),
    [{ policy: 'login-ip-acct' }],
  );
});
