import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { moveTo, verifiedUser } from '../../../test/email-calls.ts';
import {
  registeredUser,
  type SignedIn,
  signedInAdmin,
  signedInUser,
} from '../../../test/factories.ts';
import { resetToken } from '../../../test/reset-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { assembly } from '../../app.ts';
import { exportSchema } from './export-schema.ts';

async function exported({ api }: TestApp, { accessToken: token }: SignedIn) {
  const answer = await api.get('/api/users/me/export', { token });
  assertStatus(answer, 200);
  return answer.body;
}

test('the export has all rows about the caller, as its schema says, and is a file', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service, { fullName: 'Ada Lovelace' });
  await moveTo(service, user, 'second@example.com');
  await resetToken(service, user.email);
  const answer = await service.api.get('/api/users/me/export', { token: user.accessToken });
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="account.json"');
  const { body } = answer;
  const schema = exportSchema({ ...service.deps, ...assembly }).strict();
  assert.deepEqual(schema.parse(body), body);
  assert.equal(body.account.full_name, 'Ada Lovelace');
  assert.equal(body.account.email, 'second@example.com');
  const counted = async (table: 'sessions' | 'links' | 'mails' | 'audit_events') =>
    (await service.db.selectFrom(table).select('id').where('subject_id', '=', user.id).execute())
      .length;
  for (const [member, table] of [
    ['sessions', 'sessions'],
    ['links', 'links'],
    ['mails', 'mails'],
    ['security_events', 'audit_events'],
  ] as const) {
    assert.ok(body[member].length > 0, member);
    assert.equal(body[member].length, await counted(table), member);
  }
  const limits = body.limits.map(({ policy }: { policy: string }) => policy);
  for (const policy of ['data-export', 'identifier-change', 'mail-recipient'])
    assert.ok(limits.includes(policy), policy);
});

test('the export holds no secret: no hash, token or key of any row', async (t) => {
  const service = await createTestApp(t);
  const user = await verifiedUser(service);
  const token = await resetToken(service, user.email);
  const text = JSON.stringify(await exported(service, user));
  const secrets = [
    token,
    user.refreshToken,
    user.accessToken,
    user.password,
    '$2b$',
    service.keys.current.kid,
  ];
  for (const table of ['users', 'sessions', 'links'] as const) {
    for (const row of await service.db.selectFrom(table).selectAll().execute()) {
      const binary = Object.values<unknown>(row).filter((value) => Buffer.isBuffer(value));
      secrets.push(
        ...binary.flatMap((value) => [value.toString('hex'), value.toString('base64url')]),
      );
    }
  }
  assert.ok(secrets.length > 10);
  for (const secret of secrets) assert.ok(!text.includes(secret), secret);
});

test('the export has nothing of others, nor where an admin acted from', async (t) => {
  const service = await createTestApp(t);
  const [user, other] = [await registeredUser(service), await registeredUser(service)];
  const admin = await signedInAdmin(service);
  const options = { token: admin.accessToken, remoteAddress: '198.51.100.9' };
  const path = `/api/admins/users/${user.id}`;
  assertStatus(await service.api.patch(path, { full_name: 'Renamed' }, options), 200);
  const body = await exported(service, user);
  const text = JSON.stringify(body);
  for (const word of [other.id, other.email, other.username, admin.email, '198.51.100.9'])
    assert.ok(!text.includes(word), word);
  const changed = body.security_events.find(
    ({ event }: { event: string }) => event === 'user_changed',
  );
  assert.deepEqual([changed.ip, changed.request_id], [null, null]);
});

test('five exports an hour of an account, over all its sessions; each is an event', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  for (let count = 0; count < 5; count += 1) await exported(service, user);
  const { accessToken: token } = user;
  const refused = await service.api.get('/api/users/me/export', { token });
  assertStatus(refused, 429);
  assert.ok(Number(refused.headers['retry-after']) > 3500);
  const events = await service.api.get('/api/users/me/security-events?page_size=100', { token });
  const names: string[] = events.body.items.map(({ event }: { event: string }) => event);
  assert.equal(names.filter((name) => name === 'data_exported').length, 5);
});

test('an account with many events is exported in batches, whole and in order', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  // Many at one moment: a batch may end among them.
  await sql`
    INSERT INTO audit_events (id, occurred_at, event, outcome, subject_kind, subject_id, details)
    SELECT gen_random_uuid(), timestamptz '2026-01-01' + (n / 700) * interval '1 microsecond',
           'sign_in', 'failure', 'user', ${user.id}, '{}'
      FROM generate_series(1, 2300) AS n`.execute(service.db);
  const { security_events: events } = await exported(service, user);
  assert.equal(events.length, 2301);
  assert.equal(new Set(events.map(({ id }: { id: string }) => id)).size, 2301);
  const times: string[] = events.map(({ occurred_at }: { occurred_at: string }) => occurred_at);
  assert.deepEqual(times, times.toSorted().toReversed());
});
