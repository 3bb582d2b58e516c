import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import {
  assertFound,
  chainedEvents,
  entriesOf,
  kindsAndPositions,
  recordEvents,
} from '../../../test/audit-chain-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { onPostgres } from '../../../test/test-database.ts';
import { createKeyRing } from '../../platform/crypto/secret-keys.ts';
import { transact } from '../../platform/database/database.ts';
import { chainAuditEvents } from './chain-audit-events.ts';
import { recordEvent } from './record-event.ts';
import { verifyAuditChain } from './verify-audit-chain.ts';

test('each event gets one position, in one chain that verifies', async (t) => {
  const service = await createTestApp(t);
  assert.equal((await verifyAuditChain(service.deps)).ok, true);
  await recordEvents(service, 450);
  assert.equal((await verifyAuditChain(service.deps)).pending, 450);
  await chainAuditEvents(service.deps);
  await chainAuditEvents(service.deps);
  const entries = await entriesOf(service);
  assert.deepEqual(
    entries.map(({ position }) => position),
    Array.from({ length: 450 }, (_, index) => String(index + 1)),
  );
  assert.equal(new Set(entries.map(({ event_id: id }) => id)).size, 450);
  const { ok, from, to, entries: count, pending } = await verifyAuditChain(service.deps);
  assert.deepEqual(
    { ok, from, to, count, pending },
    { ok: true, from: '1', to: '450', count: 450, pending: 0 },
  );
});

test('an event that is said to be unchained again gets no second entry', async (t) => {
  const service = await createTestApp(t);
  const before = await chainedEvents(service);
  await service.db.updateTable('audit_events').set({ is_chained: false }).execute();
  await chainAuditEvents(service.deps);
  assert.deepEqual(await entriesOf(service), before);
  await assertFound(service, []);
});

test('events of a release without seals are chained during the upgrade', async (t) => {
  const service = await createTestApp(t);
  await sql`INSERT INTO audit_events (id, occurred_at, event, outcome, ip, details)
    VALUES (gen_random_uuid(), now(), 'sign_in', 'success', '203.0.113.7', '{}')`.execute(
    service.db,
  );
  await chainAuditEvents(service.deps);
  await assertFound(service, []);
  await service.db.updateTable('audit_events').set({ ip: '203.0.113.8' }).execute();
  const { findings } = await verifyAuditChain(service.deps);
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['personal_field_changed'],
  );
});

test('an event that commits late is chained after those that committed before it', {
  skip: !onPostgres && 'the embedded database has one connection',
}, async (t) => {
  const service = await createTestApp(t);
  const subject = { kind: 'user', id: randomUUIDv7() } as const;
  const early = await chainedEvents(service, 1);
  await transact(service.db, async (trx) => {
    await recordEvent(service.deps, trx, { event: 'password_changed', subject });
    assert.equal((await chainedEvents(service, 2)).length, early.length + 2);
  });
  await chainAuditEvents(service.deps);
  const entries = await entriesOf(service);
  assert.deepEqual(
    entries.map(({ position }) => position),
    ['1', '2', '3', '4'],
  );
  const last = service.db
    .selectFrom('audit_events')
    .select('event')
    .where('id', '=', entries[3]?.event_id ?? '');
  assert.equal((await last.executeTakeFirst())?.event, 'password_changed');
  await assertFound(service, []);
});

test('jobs of many processes at once chain each event once', async (t) => {
  const service = await createTestApp(t);
  await recordEvents(service, 300);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(Array.from({ length: 5 }, () => chainAuditEvents(service.deps)));
  }
  assert.equal((await entriesOf(service)).length, 300);
  await assertFound(service, []);
});

test('after a rotation of SECRET_KEY the old entries still verify, by both secrets or by one', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 3);
  const rotated = {
    ...service.deps,
    keys: createKeyRing('the next secret', service.config.secretKey),
  };
  await recordEvents(service, 1, rotated.keys);
  // A process that does not know the new secret yet leaves its events to one that does.
  await chainAuditEvents(service.deps);
  assert.equal((await entriesOf(service)).length, 3);
  await chainAuditEvents(rotated);
  assert.equal((await entriesOf(service)).length, 4);
  const both = await verifyAuditChain(rotated);
  assert.deepEqual([both.ok, both.remarks], [true, []]);
  const later = { ...service.deps, keys: createKeyRing('the next secret') };
  const one = await verifyAuditChain(later);
  assert.deepEqual(one.findings, []);
  assert.match(
    one.remarks.join('\n'),
    /Positions 1 to 3 cannot be verified by their key \S+, which is gone; later/,
  );
  await sql`UPDATE audit_events SET outcome = 'failure' WHERE id = (SELECT event_id FROM audit_chain WHERE position = 2)`.execute(
    service.db,
  );
  assert.deepEqual(kindsAndPositions(await verifyAuditChain(later)), [['event_changed', '2']]);
});

test('a secret replaced without SECRET_KEY_PREVIOUS is said, and leaves a mark in the chain', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 3);
  const strange = { ...service.deps, keys: createKeyRing('quite another secret') };
  const now = await verifyAuditChain(strange);
  assert.deepEqual(
    now.findings.map(({ kind }) => kind),
    ['entries_unproven'],
  );
  assert.match(now.findings[0]?.message ?? '', /which is gone, and no later entry proves them/);
  await recordEvents(service, 1, strange.keys);
  await chainAuditEvents(strange);
  assert.equal((await entriesOf(service)).length, 3);
  await service.clock.advance(3601);
  await chainAuditEvents(strange);
  const later = await verifyAuditChain(strange);
  assert.deepEqual(kindsAndPositions(later), [['break_recorded', '5']]);
});
