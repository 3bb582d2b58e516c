import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLosses } from './checker.ts';
import { readLedger } from './ledger.ts';
import { newPerson, startTraffic } from './people.ts';
import {
  assertPoolAtRest,
  type DatabaseService,
  newLedger,
  startDatabaseService,
  withoutPostgres,
} from './postgres-backed.ts';
import { assertRefusals, lengthOf } from './refusals.ts';

const killSeconds = lengthOf({ short: 6, full: 60 });

test('FI-05 a killed connection costs one request a 503 and affects no other', {
  skip: withoutPostgres,
}, async (t) => {
  const service = await startDatabaseService(t);
  const { server } = service;
  const { ledger, file } = await newLedger(t);
  const traffic = startTraffic(t, { server, ledger }, Array.from({ length: 25 }, newPerson), 50);
  await sleep(1000);
  const began = performance.timeOrigin + performance.now();
  const kills = await killBackends(service, killSeconds);
  await sleep(500);
  await traffic.stop();
  await ledger.close();

  const entries = readLedger(file);
  const refused = assertRefusals(entries, began);
  assert.ok(kills >= killSeconds * 3, `${kills} connections were killed`);
  assert.ok(refused.length > 0, 'no kill hit a request');
  assert.ok(refused.length <= kills, `${kills} kills, ${refused.length} requests refused`);
  await assertPoolAtRest(service);
  assert.deepEqual(await findLosses(service, file), []);
  assert.doesNotMatch(server.logs(), /500 Internal Server Error|Uncaught/);
});

/** Kills ten connections a second, active ones first; returns how many. */
async function killBackends({ query }: DatabaseService, seconds: number): Promise<number> {
  const deadline = performance.now() + seconds * 1000;
  let kills = 0;
  while (performance.now() < deadline) {
    const pause = sleep(100);
    const [row] = await query(`SELECT count(pg_terminate_backend(pid))::int AS killed FROM (
      SELECT pid FROM pg_stat_activity WHERE usename = 'service'
       ORDER BY state = 'idle', random() LIMIT 1) AS chosen`);
    kills += Number(row?.killed);
    await pause;
  }
  return kills;
}
