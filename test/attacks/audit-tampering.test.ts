import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { chainAuditEvents } from '../../src/domain/audit/chain-audit-events.ts';
import { verifyAuditChain } from '../../src/domain/audit/verify-audit-chain.ts';
import {
  assertFound,
  chainedEvents,
  type Entry,
  kindsAndPositions,
  recordEvents,
} from '../audit-chain-calls.ts';
import { createTestApp } from '../test-app.ts';

test('a change of one byte in any column of an event is found and named', async (t) => {
  const service = await createTestApp(t);
  const [, , { position, event_id }] = (await chainedEvents(service)) as [Entry, Entry, Entry];
  const changes: Record<string, string> = {
    occurred_at: "occurred_at + interval '1 microsecond'",
    event: "'profile_changee'",
    outcome: "'failure'",
    actor_kind: "'admin'",
    actor_id: `'${randomUUIDv7()}'`,
    subject_kind: "'admin'",
    subject_id: `'${randomUUIDv7()}'`,
    details: `jsonb_set(details, '{fields,0}', '"emaim"')`,
    personal_digest: 'set_byte(personal_digest, 5, (get_byte(personal_digest, 5) + 1) % 256)',
    seal: 'set_byte(seal, 31, (get_byte(seal, 31) + 1) % 256)',
    seal_key_id: "'x'",
  };
  const personal: Record<string, string> = {
    ip: "'203.0.113.8'",
    request_id: `'${randomUUIDv7()}'`,
    personal_salt: 'set_byte(personal_salt, 0, (get_byte(personal_salt, 0) + 1) % 256)',
  };
  const rows = await sql<
    Record<string, unknown>
  >`SELECT * FROM audit_events WHERE id = ${event_id}`.execute(service.db);
  const [{ id: _, is_chained: __, ...columns } = {}] = rows.rows;
  assert.deepEqual(
    Object.keys(columns).toSorted(),
    Object.keys({ ...changes, ...personal }).toSorted(),
  );
  for (const [column, value] of Object.entries({ ...changes, ...personal })) {
    await sql`CREATE TABLE kept AS SELECT * FROM audit_events WHERE id = ${event_id}`.execute(
      service.db,
    );
    await sql`UPDATE audit_events SET ${sql.id(column)} = ${sql.raw(value)} WHERE id = ${event_id}`.execute(
      service.db,
    );
    const kind = column in personal ? 'personal_field_changed' : 'event_changed';
    await assertFound(service, [{ kind, position, event_id }], column);
    await sql`UPDATE audit_events SET ${sql.id(column)} = (SELECT ${sql.id(column)} FROM kept) WHERE id = ${event_id}`.execute(
      service.db,
    );
    await sql`DROP TABLE kept`.execute(service.db);
  }
  await assertFound(service, []);
});

test('a change in any column of an entry is found and named', async (t) => {
  const service = await createTestApp(t);
  const [, , { position, event_id }] = (await chainedEvents(service)) as [Entry, Entry, Entry];
  const flipped = (column: string) => `set_byte(${column}, 9, (get_byte(${column}, 9) + 1) % 256)`;
  const changes = {
    event_hash: flipped('event_hash'),
    hash: flipped('hash'),
    mac: flipped('mac'),
    is_sealed: 'NOT is_sealed',
    chained_at: "chained_at + interval '1 microsecond'",
    key_id: "'other'",
  };
  for (const [column, value] of Object.entries(changes)) {
    await sql`CREATE TABLE kept AS SELECT * FROM audit_chain WHERE position = ${position}`.execute(
      service.db,
    );
    await sql`UPDATE audit_chain SET ${sql.id(column)} = ${sql.raw(value)} WHERE position = ${position}`.execute(
      service.db,
    );
    await assertFound(service, [{ kind: 'entry_changed', position, event_id }], column);
    await sql`UPDATE audit_chain SET ${sql.id(column)} = (SELECT ${sql.id(column)} FROM kept) WHERE position = ${position}`.execute(
      service.db,
    );
    await sql`DROP TABLE kept`.execute(service.db);
  }
  await assertFound(service, []);
});

test('a removed event is named; with its entry gone too, its position is', async (t) => {
  const service = await createTestApp(t);
  const entries = await chainedEvents(service);
  const [third, fourth] = entries.slice(2) as [Entry, Entry];
  await service.db.deleteFrom('audit_events').where('id', '=', third.event_id).execute();
  await assertFound(service, [{ kind: 'event_removed', ...third }]);
  await service.db.deleteFrom('audit_chain').where('position', '=', third.position).execute();
  const removed = { kind: 'entries_removed', position: third.position, event_id: null };
  await assertFound(service, [removed]);
  await service.db.deleteFrom('audit_chain').where('position', '=', fourth.position).execute();
  await assertFound(service, [
    removed,
    { kind: 'event_not_chained', position: null, event_id: fourth.event_id },
  ]);
});

test('a removed end is found, and what is chained later does not cover it', async (t) => {
  const service = await createTestApp(t);
  const entries = await chainedEvents(service);
  const ids = entries.slice(4).map(({ event_id: id }) => id);
  await service.db.deleteFrom('audit_events').where('id', 'in', ids).execute();
  await assertFound(
    service,
    entries.slice(4).map((entry) => ({ kind: 'event_removed', ...entry })),
  );
  await service.db.deleteFrom('audit_chain').where('event_id', 'in', ids).execute();
  const removed = { kind: 'entries_removed', position: '5', event_id: null };
  await assertFound(service, [removed]);
  await chainedEvents(service, 1);
  const after = await verifyAuditChain(service.deps);
  assert.deepEqual(kindsAndPositions(after), [
    ['entries_removed', '5'],
    ['break_recorded', '8'],
  ]);
  assert.match(service.logs(), /chain of audit events is not as the service left it/);
});

test('changed or removed marks are found, and the job records it', async (t) => {
  for (const change of [
    "DELETE FROM audit_marks WHERE kind = 'head'",
    "UPDATE audit_marks SET position = position - 1 WHERE kind = 'head'",
    "UPDATE audit_marks SET mac = mac || '\\x00' WHERE kind = 'head'",
  ]) {
    const service = await createTestApp(t);
    await chainedEvents(service);
    await sql.raw(change).execute(service.db);
    const found = await verifyAuditChain(service.deps);
    assert.ok(found.findings.every(({ kind }) => kind === 'mark_changed') && !found.ok, change);
    const [last] = (await chainedEvents(service, 1)).slice(-1);
    const later = await verifyAuditChain(service.deps);
    assert.equal(last?.position, '8');
    assert.deepEqual(
      later.findings.map(({ kind }) => kind),
      ['break_recorded'],
      change,
    );
  }
});

test('exchanged events and exchanged positions are found and named', async (t) => {
  const service = await createTestApp(t);
  const [, second, third] = (await chainedEvents(service)) as [Entry, Entry, Entry];
  const exchange = async (column: 'position' | 'event_id') => {
    const [one, other] = [second[column], third[column]];
    const free = column === 'position' ? '999' : randomUUIDv7();
    for (const [from, to] of [
      [one, free],
      [other, one],
      [free, other],
    ] as const)
      await service.db
        .updateTable('audit_chain')
        .set({ [column]: to })
        .where(column, '=', from)
        .execute();
  };
  await exchange('position');
  await assertFound(service, [
    { kind: 'entries_exchanged', position: '2', event_id: third.event_id },
    { kind: 'entries_exchanged', position: '3', event_id: second.event_id },
  ]);
  await exchange('position');
  await assertFound(service, []);
  await exchange('event_id');
  const { findings } = await verifyAuditChain(service.deps);
  assert.deepEqual(
    findings.map(({ kind, position }) => [kind, position]),
    [
      ['entries_exchanged', '2'],
      ['entries_exchanged', '3'],
    ],
  );
  assert.match(
    findings[0]?.message ?? '',
    new RegExp(`${third.event_id} in place of ${second.event_id}`),
  );
  await exchange('event_id');
  // The embedded database's clock may have given both the same time.
  await sql`UPDATE audit_events SET occurred_at = occurred_at +
    CASE id WHEN ${second.event_id} THEN interval '1 second' ELSE interval '-1 second' END
    WHERE id IN (${second.event_id}, ${third.event_id})`.execute(service.db);
  await assertFound(service, [
    { kind: 'event_changed', ...second },
    { kind: 'event_changed', ...third },
  ]);
});

test('an inserted event, and one changed before it was chained, are found', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service);
  await service.clock.advance(25 * 60 * 60);
  await recordEvents(service, 2);
  const rows = await service.db
    .selectFrom('audit_events')
    .select('id')
    .where('is_chained', '=', false)
    .execute();
  const [changed] = rows;
  await service.db
    .updateTable('audit_events')
    .set({ event: 'sign_in' })
    .where('id', '=', changed?.id ?? '')
    .execute();
  const copy = sql`SELECT gen_random_uuid(), now(), event, outcome, actor_kind, actor_id, subject_kind, subject_id, ip,
    request_id, details, personal_salt, personal_digest, seal_key_id, seal, false FROM audit_events LIMIT 1`;
  await sql`INSERT INTO audit_events ${copy}`.execute(service.db);
  await sql`INSERT INTO audit_events (id, occurred_at, event, outcome, details)
    VALUES (gen_random_uuid(), now(), 'sign_in', 'success', '{}')`.execute(service.db);
  await chainAuditEvents(service.deps);
  const { findings } = await verifyAuditChain(service.deps);
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['event_forged', 'event_forged', 'event_forged'],
  );
  assert.ok(findings.some(({ event_id: id }) => id === changed?.id));
});

test('an event inserted as already chained is found', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service);
  const { rows } = await sql<{
    id: string;
  }>`INSERT INTO audit_events (id, occurred_at, event, outcome, details, is_chained)
    VALUES (gen_random_uuid(), now(), 'sign_in', 'success', '{}', true) RETURNING id`.execute(
    service.db,
  );
  await assertFound(service, [
    { kind: 'event_not_chained', position: null, event_id: rows[0]?.id },
  ]);
});

test('entries made up under an unknown key prove nothing', async (t) => {
  const service = await createTestApp(t);
  await chainedEvents(service, 4);
  await sql`UPDATE audit_chain SET key_id = 'made-up' WHERE position = 2`.execute(service.db);
  assert.deepEqual(kindsAndPositions(await verifyAuditChain(service.deps)), [
    ['entry_changed', '2'],
  ]);
});
