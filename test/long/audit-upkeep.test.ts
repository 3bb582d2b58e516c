import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assembly } from '../../src/app.ts';
import { chainAuditEvents } from '../../src/domain/audit/chain-audit-events.ts';
import { cutAuditChain } from '../../src/domain/audit/cut-audit-chain.ts';
import { recordEvent } from '../../src/domain/audit/record-event.ts';
import { verifyAuditChain } from '../../src/domain/audit/verify-audit-chain.ts';
import { erasePersonalData } from '../../src/domain/personal-data/erase-personal-data.ts';
import { transact } from '../../src/platform/database/database.ts';
import { durations } from '../../src/platform/durations.ts';
import { chainedEvents, entriesOf, kindsAndPositions, recordEvents } from '../audit-chain-calls.ts';
import { liveThrough } from '../audited-life.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

test('events are cut after AUDIT_RETENTION_DAYS, and the rest still verifies', async (t) => {
  const service = await createTestApp(t, { AUDIT_RETENTION_DAYS: '30' });
  await chainedEvents(service, 4);
  await service.clock.advance(durations.days(20));
  await chainedEvents(service, 3);
  await service.clock.advance(durations.days(11));
  await service.tidyUp();
  assert.deepEqual(
    (await entriesOf(service)).map(({ position }) => position),
    ['5', '6', '7'],
  );
  const events = service.db.selectFrom('audit_events').select('id');
  assert.equal((await events.execute()).length, 3);
  const rest = await verifyAuditChain(service.deps);
  assert.deepEqual([rest.ok, rest.from, rest.to], [true, '5', '7']);
  await service.clock.advance(durations.days(31));
  await service.tidyUp();
  assert.equal((await verifyAuditChain(service.deps)).ok, true);
  assert.deepEqual(
    (await chainedEvents(service, 1)).map(({ position }) => position),
    ['8'],
  );
  assert.equal((await verifyAuditChain(service.deps)).ok, true);
});

test('an event whose time was set back is not deleted as if it were old', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 3);
  await sql`UPDATE audit_events SET occurred_at = '2001-01-01'`.execute(service.db);
  await service.tidyUp();
  assert.equal((await entriesOf(service)).length, 3);
  await service.clock.advance(durations.days(366));
  await chainedEvents(service, 1);
  await service.tidyUp();
  assert.equal((await entriesOf(service)).length, 4);
  await service.clock.advance(durations.days(366));
  await service.tidyUp();
  assert.equal((await entriesOf(service)).length, 0);
});

test('a beginning that somebody else removed is not taken for a cut', async (t) => {
  const service = await createTestApp(t);
  const entries = await chainedEvents(service, 5);
  await service.clock.advance(durations.days(366));
  await recordEvents(service, 2);
  await service.tidyUp();
  assert.equal((await verifyAuditChain(service.deps)).ok, true);
  await chainedEvents(service, 3);
  await sql`DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_chain WHERE position = 6)`.execute(
    service.db,
  );
  await sql`DELETE FROM audit_chain WHERE position = 6`.execute(service.db);
  await sql`UPDATE audit_marks SET position = 6 WHERE kind = 'start'`.execute(service.db);
  const found = kindsAndPositions(await verifyAuditChain(service.deps));
  assert.equal(entries.length, 5);
  assert.ok(found.some(([kind]) => kind === 'mark_changed'));
});

test('a verification that the cut overtakes finds nothing wrong', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 1200);
  await service.clock.advance(durations.days(366));
  let cut: Promise<void> | undefined;
  const onProgress = () => {
    cut ??= cutAuditChain(service.deps);
  };
  const { ok, findings } = await verifyAuditChain(service.deps, { onProgress });
  await cut;
  assert.deepEqual([ok, findings], [true, []]);
});

test('an erased account leaves the chain whole; emptied fields of others are found', async (t) => {
  const service = await createTestApp(t);
  const subjects: string[] = [];
  for (let count = 0; count < 2; count += 1) {
    subjects.push(...(await recordEvents(service, 1)));
    await chainAuditEvents(service.deps);
  }
  const [erased, other] = subjects as [string, string];
  const empty = (id: string) =>
    sql`UPDATE audit_events SET ip = NULL, request_id = NULL, personal_salt = NULL WHERE subject_id = ${id}`.execute(
      service.db,
    );
  await empty(erased);
  assert.deepEqual(kindsAndPositions(await verifyAuditChain(service.deps)), [
    ['personal_field_emptied', '1'],
  ]);
  await recordErasure(service, erased);
  await chainAuditEvents(service.deps);
  assert.deepEqual((await verifyAuditChain(service.deps)).findings, []);
  await empty(other);
  assert.deepEqual(kindsAndPositions(await verifyAuditChain(service.deps)), [
    ['personal_field_emptied', '2'],
  ]);
  await sql`UPDATE audit_events SET ip = '203.0.113.8' WHERE subject_id = ${erased} AND event = 'profile_changed'`.execute(
    service.db,
  );
  assert.deepEqual(kindsAndPositions(await verifyAuditChain(service.deps)), [
    ['personal_field_changed', '1'],
    ['personal_field_emptied', '2'],
  ]);
});

test('erasing a user leaves the chain whole, also where the user claimed an address', async (t) => {
  const service = await createTestApp(t);
  const { user } = await liveThrough(service);
  const claimed = service.db.selectFrom('users').select(['id', 'username', 'email']);
  const claimant = await claimed
    .where('email', '=', 'claimed@example.com')
    .executeTakeFirstOrThrow();
  await chainAuditEvents(service.deps);
  for (const { id, username, email } of [claimant, user]) {
    const deps = { ...service.deps, ...assembly };
    const subject = { kind: 'user', id, username: username ?? '', email } as const;
    await transact(service.db, (trx) => erasePersonalData(deps, trx, subject));
    const before = await verifyAuditChain(service.deps);
    assert.ok(before.findings.some(({ kind }) => kind === 'personal_field_emptied'));
    await recordErasure(service, id);
  }
  await chainAuditEvents(service.deps);
  const { findings } = await verifyAuditChain(service.deps);
  // The life itself contains a break.
  assert.deepEqual(new Set(findings.map(({ kind }) => kind)), new Set(['break_recorded']));
});

test('the metrics tell how many events wait, how long, and whether the chain broke', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 2);
  await recordEvents(service, 3);
  await service.clock.advance(60);
  const read = async () => (await service.api.get('/metrics')).text;
  const waiting = await read();
  assert.match(waiting, /adl_audit_unchained_events 3\n/);
  assert.match(waiting, /adl_audit_oldest_unchained_seconds 6\d/);
  assert.match(waiting, /adl_audit_chain_breaks 0\n/);
  await sql`DELETE FROM audit_marks WHERE kind = 'head'`.execute(service.db);
  await service.tidyUp();
  const after = await read();
  assert.match(after, /adl_audit_unchained_events 0\n/);
  assert.match(after, /adl_audit_oldest_unchained_seconds 0\n/);
  assert.match(after, /adl_audit_chain_breaks 1\n/);
});

test('the address of an erased event cannot be found by trying all of them', async (t) => {
  const service = await createTestApp(t);
  await recordEvents(service, 2);
  const digests = await service.db.selectFrom('audit_events').select('personal_digest').execute();
  // The same address and request: with a salt of each row the digests differ.
  assert.equal(new Set(digests.map(({ personal_digest: one }) => one?.toString('hex'))).size, 2);
});

/** What the erasure of an account records. */
async function recordErasure({ db, deps }: TestApp, subjectId: string): Promise<void> {
  const event = 'user_erased' as 'sign_in';
  await recordEvent(deps, db, { event, subject: { kind: 'user', id: subjectId }, actor: null });
}
