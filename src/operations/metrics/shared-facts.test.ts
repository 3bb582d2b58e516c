import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { registeredUser, signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { countMails } from '../../domain/outbox/mail-store.ts';
import { countLiveSessions } from '../../domain/sessions/session-metrics.ts';
import { durations } from '../../platform/durations.ts';

test('live sessions are counted by realm, ended and expired ones are not', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  await signedInUser(service);
  await signedInAdmin(service);
  await service.db
    .updateTable('sessions')
    .set({ revoked_at: sql<Date>`now()` })
    .where('subject_id', '=', user.id)
    .execute();
  const { text } = await service.api.get('/metrics');
  assert.match(text, /^adl_sessions_live\{realm="user"\} 1$/m);
  assert.match(text, /^adl_sessions_live\{realm="admin"\} 1$/m);
  await service.clock.advance(durations.days(2));
  assert.match((await service.api.get('/metrics')).text, /^adl_sessions_live\{realm="admin"\} 0$/m);
});

test('a large table of sessions is sampled, to within a few per cent', async (t) => {
  const { db } = await createTestApp(t);
  await sql`
    INSERT INTO sessions SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).*
      FROM (SELECT gen_random_uuid() AS id, 'user' AS subject_kind, gen_random_uuid() AS subject_id, 1 AS generation,
                   'k' AS key_id, '\\x00'::bytea AS current_hash, now() AS created_at, now() AS last_used_at,
                   now() + interval '1 hour' AS idle_expires_at, now() + interval '1 day' AS absolute_expires_at) AS one,
           LATERAL (SELECT jsonb_populate_record(null::sessions, to_jsonb(one)) AS s) AS row,
           generate_series(1, 20000)`.execute(db);
  const exact = (await countLiveSessions(db)).get('user');
  assert.equal(exact, 20_000);
  const estimate = (await countLiveSessions(db, 5000)).get('user') ?? 0;
  assert.ok(Math.abs(estimate - 20_000) < 5000, `${estimate}`);
  assert.notEqual(estimate, 20_000);
});

test('jobs are counted by queue, and how long the oldest could have run', async (t) => {
  const service = await createTestApp(t);
  await registeredUser(service);
  await service.clock.advance(90);
  const { text } = await service.api.get('/metrics');
  assert.match(text, /^adl_jobs\{queue="mails",state="waiting"\} 1$/m);
  assert.match(text, /^adl_jobs\{queue="mails",state="running"\} 0$/m);
  const [, seconds] = /^adl_job_oldest_due_seconds\{queue="mails"\} ([\d.]+)$/m.exec(text) ?? [];
  assert.ok(Number(seconds) >= 90 && Number(seconds) < 120, `${seconds}`);
  await service.mailbox.deliver();
  assert.match((await service.api.get('/metrics')).text, /^adl_jobs\{queue="mails",state="waiting"\} 0$/m);
});

test('mails are counted up to a bound, whatever is in the table', async (t) => {
  const service = await createTestApp(t);
  for (let count = 0; count < 5; count += 1) await registeredUser(service);
  assert.equal((await countMails(service.db, 3)).byStatus.queued, 3);
  assert.equal((await countMails(service.db)).byStatus.queued, 5);
});
