import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { issueCheckpoint } from '../../src/domain/audit/audit-checkpoint.ts';
import { exportAuditEvents } from '../../src/domain/audit/export-audit-events.ts';
import { verifyAuditChain } from '../../src/domain/audit/verify-audit-chain.ts';
import { createKeyRing } from '../../src/platform/crypto/secret-keys.ts';
import { durations } from '../../src/platform/durations.ts';
import { chainedEvents, kindsAndPositions, recordEvents } from '../audit-chain-calls.ts';
import { createTestApp } from '../test-app.ts';

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
