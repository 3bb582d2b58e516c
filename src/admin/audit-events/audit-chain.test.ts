import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assertStatus } from '../../../test/api.ts';
import { chainedEvents, kindsAndPositions, recordEvents } from '../../../test/audit-chain-calls.ts';
import { openCommandLine } from '../../../test/command-line.ts';
import { signedInAdmin } from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { verifyRecentEntries } from '../../domain/audit/verify-recent-entries.ts';

async function asAdmin(service: TestApp) {
  const { accessToken: token } = await signedInAdmin(service, { superadmin: false });
  return async () => {
    const answer = await service.api.get('/api/admins/audit-chain', { token });
    assertStatus(answer, 200);
    return answer.body;
  };
}

function change(service: TestApp, position: number): Promise<unknown> {
  return sql`UPDATE audit_events SET event = 'sign_out'
    WHERE id = (SELECT event_id FROM audit_chain WHERE position = ${position})`.execute(service.db);
}

test('an admin sees where the chain ends, what waits, and when all was verified', async (t) => {
  const service = await createTestApp(t);
  const read = await asAdmin(service);
  const line = await openCommandLine(t, service);
  assert.deepEqual(await read(), {
    end: null,
    pending: 0,
    breaks: 0,
    recent: { entries: 0, is_sound: true, findings: [] },
    last_verification: null,
  });
  await chainedEvents(service, 3);
  await recordEvents(service, 2);
  const state = await read();
  assert.equal(state.end.position, '3');
  assert.deepEqual([state.pending, state.recent.entries, state.recent.is_sound], [2, 3, true]);
  assert.equal((await line.result('audit verify')).ok, true);
  const { at, ...verified } = (await read()).last_verification;
  assert.deepEqual(verified, { is_sound: true, entries: 3 });
  assert.ok(Date.parse(at) > 0);
});

test('what somebody changed in the database is shown, and that a verification found it', async (t) => {
  const service = await createTestApp(t);
  const read = await asAdmin(service);
  const line = await openCommandLine(t, service);
  await chainedEvents(service, 4);
  await change(service, 2);
  const { recent } = await read();
  assert.equal(recent.is_sound, false);
  assert.deepEqual(
    recent.findings.map(({ kind, position }: Record<string, string>) => [kind, position]),
    [['event_changed', '2']],
  );
  assert.equal((await line.result('audit verify')).ok, false);
  assert.equal((await read()).last_verification.is_sound, false);
});

test('no value that somebody writes into the chain keeps its state from being shown', async (t) => {
  const service = await createTestApp(t);
  const read = await asAdmin(service);
  await chainedEvents(service, 3);
  await sql`UPDATE audit_chain SET position = 9223372036854775807, chained_at = 'infinity'
             WHERE position = 3`.execute(service.db);
  await sql`UPDATE audit_marks SET position = -1, marked_at = '-infinity' WHERE kind = 'start'`.execute(
    service.db,
  );
  const { end, recent } = await read();
  assert.deepEqual(end, { position: '9223372036854775807', chained_at: null });
  assert.equal(recent.is_sound, false);
});

test('only the newest entries are checked, and the one that they are linked to', async (t) => {
  const service = await createTestApp(t);
  const check = () => verifyRecentEntries(service.deps, 5);
  await chainedEvents(service, 9);
  await change(service, 4);
  const { ok, entries } = await check();
  assert.deepEqual([ok, entries], [true, 5]);
  await sql`UPDATE audit_chain SET hash = '\\x00' WHERE position = 4`.execute(service.db);
  assert.deepEqual(kindsAndPositions(await check()), [['entry_changed', '4']]);
  await change(service, 5);
  assert.deepEqual(
    kindsAndPositions(await check()).map(([, position]) => position),
    ['4', '5'],
  );
});

test('the metrics tell of faults in the newest entries, and of the last verification', async (t) => {
  // A service of its own: these metrics are updated once a minute.
  const service = await createTestApp(t, { PROJECT_NAME: 'Chain' });
  const line = await openCommandLine(t, service);
  await chainedEvents(service, 3);
  await line.result('audit verify');
  const sound = (await service.api.get('/metrics')).text;
  assert.match(sound, /adl_audit_chain_position 3\n/);
  assert.match(sound, /adl_audit_recent_faults 0\n/);
  assert.match(sound, /adl_audit_last_verified_timestamp_seconds 1\d{9}/);
  assert.match(sound, /adl_secret_key_since_timestamp_seconds 1\d{9}/);
  await change(service, 3);
  const other = await createTestApp(t, { PROJECT_NAME: 'Changed chain' });
  await chainedEvents(other, 3);
  await change(other, 3);
  await (await openCommandLine(t, other)).result('audit verify');
  const changed = (await other.api.get('/metrics')).text;
  assert.match(changed, /adl_audit_recent_faults 1\n/);
  assert.match(changed, /adl_audit_last_verified_timestamp_seconds 0\n/);
});
