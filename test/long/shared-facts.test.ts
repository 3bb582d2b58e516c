import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { countMails } from '../../src/domain/outbox/mail-store.ts';
import { countLiveSessions } from '../../src/domain/sessions/session-metrics.ts';
import { durations } from '../../src/platform/durations.ts';
import { registeredUser, signedInAdmin, signedInUser } from '../factories.ts';
import { createTestApp } from '../test-app.ts';

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

test('a large table of sessions is sampled, and comes near', async (t) => {
  const { db } = await createTestApp(t);
  for (let piece = 0; piece < 4; piece += 1) {
    await sql`
      INSERT INTO sessions (id, subject_kind, subject_id, key_id, generation, current_hash, created_at, last_used_at,
                            idle_expires_at, absolute_expires_at)
      SELECT gen_random_uuid(), 'user', gen_random_uuid(), 'key', 1, sha256(n::text::bytea), time, time,
             time + interval '1 hour', time + interval '1 day'
        FROM generate_series(1, 2000) AS n, (SELECT now() AS time OFFSET 0) AS clock`.execute(db);
  }
  assert.equal((await countLiveSessions(db)).get('user'), 8000);
  // Four standard deviations: each of about 200 blocks is read by chance, every second one.
  const estimate = (await countLiveSessions(db, 4000)).get('user') ?? 0;
  assert.ok(Math.abs(estimate - 8000) < 2500, `${estimate}`);
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
  assert.match(
    (await service.api.get('/metrics')).text,
    /^adl_jobs\{queue="mails",state="waiting"\} 0$/m,
  );
});

test('mails are counted up to a bound, whatever is in the table', async (t) => {
  const service = await createTestApp(t);
  for (let count = 0; count < 5; count += 1) await registeredUser(service);
  assert.equal((await countMails(service.db, 3)).byStatus.queued, 3);
  assert.equal((await countMails(service.db)).byStatus.queued, 5);
});
