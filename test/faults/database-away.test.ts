import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLosses } from './checker.ts';
import { readLedger } from './ledger.ts';
import { newPerson, startTraffic } from './people.ts';
import {
  assertPoolAtRest,
  type DatabaseService,
  newLedger,
  startDatabaseService,
  untilReady,
  withoutPostgres,
} from './postgres-backed.ts';
import { assertRefusals, lengthOf } from './refusals.ts';
import { watchUnaffected } from './unaffected.ts';

const backWithinMilliseconds = 5000;

type Fault = {
  name: string;
  seconds: number;
  begin: (service: DatabaseService) => Promise<void>;
  end: (service: DatabaseService) => Promise<void>;
};

const faults: Fault[] = [
  {
    name: 'FI-03 a database crash under load is 503 until it is back; no write is lost',
    seconds: lengthOf({ short: 4, full: 15 }),
    begin: ({ postgres }) => postgres.stop('immediate'),
    end: ({ postgres }) => postgres.start(),
  },
  {
    name: 'FI-10 a frozen database is a 503 in time; nothing happens twice afterwards',
    seconds: lengthOf({ short: 6, full: 20 }),
    begin: async ({ postgres }) => postgres.freeze(),
    end: async ({ postgres }) => postgres.thaw(),
  },
];

describe('the database is unavailable', { skip: withoutPostgres }, () => {
  for (const { name, seconds, begin, end } of faults) {
    test(name, async (t) => {
      const service = await startDatabaseService(t);
      const { server } = service;
      const { ledger, file } = await newLedger(t);
      const traffic = startTraffic(
        t,
        { server, ledger },
        Array.from({ length: 30 }, newPerson),
        50,
      );
      await sleep(2000);
      const awayFrom = now();
      await begin(service);
      const watch = watchUnaffected(t, server);
      await sleep(1500);
      const ready = await server.request('GET', '/health/ready');
      assert.deepEqual([ready.status, ready.body.status], [503, 'database_unreachable']);
      await sleep(seconds * 1000 - 1500);
      await watch.stop();
      await end(service);
      const backAt = now();
      const readyMilliseconds = await untilReady(server);
      await sleep(2000);
      const stoppingAt = now();
      await traffic.stop();
      await ledger.close();

      const entries = readLedger(file);
      const refused = assertRefusals(entries, awayFrom);
      assert.ok(refused.length > 10, `${refused.length} requests were refused`);
      assert.ok(refused.every(({ endedAt }) => (endedAt ?? 0) >= awayFrom));
      assert.ok(readyMilliseconds < backWithinMilliseconds, `ready after ${readyMilliseconds} ms`);
      const late = refused.filter(({ sentAt }) => (sentAt ?? 0) > backAt + backWithinMilliseconds);
      assert.deepEqual(late, []);
      const after = entries.filter(({ sentAt }) => (sentAt ?? 0) > stoppingAt - 1000);
      assert.ok(
        after.length > 10 && after.every(({ answer }) => answer?.status !== 503),
        'it is back',
      );
      await assertPoolAtRest(service);
      assert.deepEqual(await findLosses(service, file), []);
      assert.doesNotMatch(server.logs(), /500 Internal Server Error|Uncaught/);
    });
  }
});

function now(): number {
  return performance.timeOrigin + performance.now();
}
