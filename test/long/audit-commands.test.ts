import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { chainedEvents } from '../audit-chain-calls.ts';
import { itemsOf, openCommandLine } from '../command-line.ts';
import { createTestApp } from '../test-app.ts';

function textOf(events: readonly object[]): string {
  return events.map((event) => ('text' in event ? String(event.text) : '')).join('');
}

test('audit verify names what was changed in the database, and is content otherwise', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const [, second] = await chainedEvents(service, 3);
  const untouched = await line.run('audit verify');
  assert.deepEqual(itemsOf(untouched), []);
  assert.equal((await line.result('audit verify')).ok, true);
  await sql`UPDATE audit_events SET event = 'sign_out' WHERE id = ${second?.event_id}`.execute(
    service.db,
  );
  const found = await line.run('audit verify');
  assert.deepEqual(
    itemsOf(found).map(({ kind, position }) => [kind, position]),
    [['event_changed', '2']],
  );
  assert.equal((await line.result('audit verify')).ok, false);
});

test('audit checkpoint signs the end; verify finds a log that does not contain it', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const { outcome } = await line.run('audit checkpoint');
  assert.ok('failure' in outcome && outcome.failure.kind === 'refused');
  await chainedEvents(service, 3);
  const checkpoint = JSON.parse(textOf((await line.run('audit checkpoint')).events));
  assert.equal(checkpoint.position, '3');
  assert.equal((await line.result('audit verify', { checkpoint })).ok, true);
  const forged = { ...checkpoint, hash: '0'.repeat(64) };
  assert.equal((await line.result('audit verify', { checkpoint: forged })).ok, false);
  const refused = await line.run('audit verify', { checkpoint: { ...checkpoint, hash: 'x' } });
  assert.ok('failure' in refused.outcome && refused.outcome.failure.kind === 'invalid');
});

test('audit export gives every event once, and goes on after a position', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  await chainedEvents(service, 250);
  const { events, outcome } = await line.run('audit export');
  const lines = textOf(events).split('\n').slice(0, -1);
  assert.deepEqual(outcome, { result: { exported: 250 } });
  assert.equal(new Set(lines.map((text) => JSON.parse(text).id)).size, 250);
  const rest = await line.run('audit export', { after: '240' });
  assert.deepEqual(textOf(rest.events).split('\n').slice(0, -1), lines.slice(240));
  const { outcome: refused } = await line.run('audit export', { after: '-1' });
  assert.ok('failure' in refused && refused.failure.kind === 'invalid');
});
