import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import {
  chainedEvents,
  entriesOf,
  kindsAndPositions,
  recordEvents,
} from '../../../test/audit-chain-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { createKeyRing } from '../../platform/crypto/secret-keys.ts';
import { durations } from '../../platform/durations.ts';
import { issueCheckpoint } from './audit-checkpoint.ts';
import { chainAuditEvents } from './chain-audit-events.ts';
import { cutAuditChain } from './cut-audit-chain.ts';
import { exportAuditEvents } from './export-audit-events.ts';
import { recordEvent } from './record-event.ts';
import { verifyAuditChain } from './verify-audit-chain.ts';

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
  const [erased, other] = (await recordEvents(service, 2)) as [string, string];
  await chainAuditEvents(service.deps);
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

test('the address of an erased event cannot be found by trying all of them', async (t) => {
  const service = await createTestApp(t);
  await recordEvents(service, 2);
  const digests = await service.db.selectFrom('audit_events').select('personal_digest').execute();
  // The same address and request: with a salt of each row the digests differ.
  assert.equal(new Set(digests.map(({ personal_digest: one }) => one?.toString('hex'))).size, 2);
});

test('a checkpoint finds an end that was removed together with its marks', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 3);
  await sql`CREATE TABLE kept AS SELECT * FROM audit_marks`.execute(service.db);
  await recordEvents(service, 2);
  const checkpoint = await issueCheckpoint(service.deps);
  assert.ok(checkpoint);
  assert.equal(checkpoint.position, '5');
  assert.equal((await verifyAuditChain(service.deps, { checkpoint })).ok, true);
  await sql`DELETE FROM audit_events WHERE id IN (SELECT event_id FROM audit_chain WHERE position > 3)`.execute(
    service.db,
  );
  await sql`DELETE FROM audit_chain WHERE position > 3`.execute(service.db);
  await sql`DELETE FROM audit_marks`.execute(service.db);
  await sql`INSERT INTO audit_marks SELECT * FROM kept`.execute(service.db);
  await sql`DROP TABLE kept`.execute(service.db);
  assert.equal((await verifyAuditChain(service.deps)).ok, true);
  const found = await verifyAuditChain(service.deps, { checkpoint });
  assert.deepEqual(kindsAndPositions(found), [['checkpoint_differs', '5']]);
  assert.match(found.findings[0]?.message ?? '', /ends before position 5/);
});

test('a checkpoint finds a history that was rewritten with the key', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 3);
  const checkpoint = await issueCheckpoint(service.deps);
  assert.ok(checkpoint);
  await sql`DELETE FROM audit_chain`.execute(service.db);
  await sql`DELETE FROM audit_marks`.execute(service.db);
  await sql`DELETE FROM audit_events WHERE id = (SELECT id FROM audit_events ORDER BY id LIMIT 1)`.execute(
    service.db,
  );
  await service.db.updateTable('audit_events').set({ is_chained: false }).execute();
  await chainedEvents(service, 1);
  assert.equal((await verifyAuditChain(service.deps)).ok, true);
  const found = await verifyAuditChain(service.deps, { checkpoint });
  assert.deepEqual(kindsAndPositions(found), [['checkpoint_differs', '3']]);
});

test('a checkpoint that was changed, or signed by another, is refused', async (t) => {
  const service = await createTestApp(t);
  assert.equal(await issueCheckpoint(service.deps), null);
  await chainedEvents(service, 3);
  const checkpoint = await issueCheckpoint(service.deps);
  const other = await issueCheckpoint({ ...service.deps, keys: createKeyRing('another secret') });
  assert.ok(checkpoint && other);
  for (const forged of [
    { ...checkpoint, time: other.time },
    { ...other, key_id: checkpoint.key_id },
    { ...checkpoint, hash: '0'.repeat(64) },
  ]) {
    const { ok, findings } = await verifyAuditChain(service.deps, { checkpoint: forged });
    assert.equal(ok, false);
    assert.equal(findings[0]?.kind, 'checkpoint_differs');
  }
  const rotated = { ...service.deps, keys: createKeyRing('next', service.config.secretKey) };
  assert.equal((await verifyAuditChain(rotated, { checkpoint })).ok, true);
});

test('a checkpoint at the cut still counts; one before it is too old to compare', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 2);
  const old = await issueCheckpoint(service.deps);
  await chainedEvents(service, 1);
  const atCut = await issueCheckpoint(service.deps);
  await service.clock.advance(durations.days(366));
  await recordEvents(service, 1);
  await service.tidyUp();
  assert.ok(old && atCut);
  assert.deepEqual((await verifyAuditChain(service.deps, { checkpoint: atCut })).remarks, []);
  const tooOld = await verifyAuditChain(service.deps, { checkpoint: old });
  assert.equal(tooOld.ok, true);
  assert.match(tooOld.remarks.join(), /older than the events that are kept/);
});

test('the export has a line an event, in the order of the chain, and resumes anywhere', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 1100);
  const linesAfter = async (after?: string) => {
    const lines: string[] = [];
    for await (const line of exportAuditEvents(service.deps, after === undefined ? {} : { after }))
      lines.push(line);
    return lines;
  };
  const all = await linesAfter();
  assert.ok(all.every((line) => line.endsWith('}\n')));
  const rows = all.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    rows.map(({ position }) => position),
    Array.from({ length: 1100 }, (_, index) => String(index + 1)),
  );
  assert.equal(rows[0]?.ip, '203.0.113.9');
  assert.equal(rows[0]?.event, 'profile_changed');
  assert.deepEqual(await linesAfter('1090'), all.slice(1090));
  assert.deepEqual(await linesAfter('1100'), []);
});

/** What the erasure of an account records. */
async function recordErasure({ db, deps }: TestApp, subjectId: string): Promise<void> {
  const event = 'user_erased' as 'sign_in';
  await recordEvent(deps, db, { event, subject: { kind: 'user', id: subjectId }, actor: null });
}
