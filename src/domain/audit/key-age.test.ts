import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { chainedEvents, recordEvents } from '../../../test/audit-chain-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { createKeyRing } from '../../platform/crypto/secret-keys.ts';
import { durations } from '../../platform/durations.ts';
import { chainAuditEvents } from './chain-audit-events.ts';
import { keyInUseSince } from './key-age.ts';

const previous = 'the secret of the year before: 8c1f55d0a2 e7b64';

test('the age of a secret is that of the first entry chained with it, among many', async (t) => {
  const service = await createTestApp(t);
  const { db, deps, clock, keys } = service;
  const old = { ...deps, keys: createKeyRing(previous) };
  assert.equal(await keyInUseSince(db, keys.current.kid), null);
  await recordEvents(service, 12, old.keys);
  await chainAuditEvents(old);
  await clock.advance(durations.days(2));
  const both = { ...deps, keys: createKeyRing(deps.config.secretKey ?? '', previous) };
  await recordEvents(service, 13, both.keys);
  await chainAuditEvents(both);
  await clock.advance(durations.days(2));
  await chainedEvents(service, 3);
  const { rows } = await sql<{ chained_at: Date }>`
    SELECT chained_at FROM audit_chain WHERE position = 13`.execute(db);
  assert.deepEqual(await keyInUseSince(db, keys.current.kid), rows[0]?.chained_at);
  assert.equal(await keyInUseSince(db, old.keys.current.kid), null);
  const ageWithout = async (positions: string) => {
    await sql`DELETE FROM audit_chain WHERE position IN (${sql.raw(positions)})`.execute(db);
    return keyInUseSince(db, keys.current.kid);
  };
  assert.deepEqual(await ageWithout('14, 15, 20'), rows[0]?.chained_at);
  assert.deepEqual(await ageWithout('2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12'), rows[0]?.chained_at);
  const last = await sql<{ chained_at: Date }>`
    SELECT chained_at FROM audit_chain WHERE position = 28`.execute(db);
  const rest = '13, 16, 17, 18, 19, 21, 22, 23, 24, 25, 26, 27';
  assert.deepEqual(await ageWithout(rest), last.rows[0]?.chained_at);
});
