import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findLosses } from './checker.ts';
import { type LedgerEntry, readLedger } from './ledger.ts';
import { asks, newPerson, startTraffic } from './people.ts';
import {
  assertPoolAtRest,
  type DatabaseService,
  newLedger,
  startDatabaseService,
  withoutPostgres,
} from './postgres-backed.ts';
import { assertRefusals, lengthOf } from './refusals.ts';
import { watchUnaffected } from './unaffected.ts';

const lockSeconds = lengthOf({ short: 4, full: 40 });

describe('locks and limits of the database', { skip: withoutPostgres }, () => {
  test('FI-08 a locked table is a 503 in time, and full speed a second after its release', async (t) => {
    const service = await startDatabaseService(t);
    const { server, query } = service;
    const { people, traffic, file, ledger } = await startPeople(t, service);
    const release = await lock(t, service, 'LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    const lockedAt = now();
    const watch = watchUnaffected(t, server);
    await sleep(lockSeconds * 1000);
    await watch.stop();
    const [waiting] = await query(
      "SELECT count(*)::int AS open FROM pg_stat_activity WHERE usename = 'service' AND application_name = 'adl'",
    );
    assert.ok(Number(waiting?.open) <= 10, `${waiting?.open} connections wait for the lock`);
    await release();
    const releasedAt = now();
    await sleep(2500);
    await traffic.stop();
    await ledger.close();

    const entries = readLedger(file);
    const refused = assertRefusals(entries, lockedAt);
    assert.ok(refused.length >= people.length, `${refused.length} requests were refused`);
    assert.ok(refused.every(({ endedAt }) => (endedAt ?? 0) >= lockedAt));
    const later = entries.filter(({ sentAt }) => (sentAt ?? 0) >= releasedAt + 1000);
    assert.ok(later.length > 10);
    for (const { path, answer, sentAt, endedAt } of later) {
      assert.notEqual(answer?.status, 503, `${path} a second after the release`);
      assert.ok((endedAt ?? 0) - (sentAt ?? 0) < 1000, path);
    }
    await assertPoolAtRest(service);
    assert.deepEqual(await findLosses(service, file), []);
  });

  test('FI-10 a transaction frozen half-way ends with its connection, not continued', async (t) => {
    const service = await startDatabaseService(t);
    const { server, postgres } = service;
    const { people, traffic, file, ledger } = await startPeople(t, service);
    await traffic.stop();
    const release = await lock(t, service, 'SELECT FROM users FOR UPDATE');
    const renames = people.flatMap((person) => {
      const session = person.sessions.find(({ state }) => state === 'live');
      return session ? asks.rename(person, session) : [];
    });
    const sent = renames.slice(0, 8).map(({ method, path, options }) => {
      return ledger.request(server, method, path, options);
    });
    while ((await waitingFor(service)) < sent.length) await sleep(20);
    postgres.freeze();
    const answers = await Promise.all(sent);
    postgres.thaw();
    await release();
    await ledger.close();

    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([503]));
    assertRefusals(readLedger(file), 0);
    await assertPoolAtRest(service);
    assert.deepEqual(await findLosses(service, file), []);
  });

  test('FI-09 a connection limit refuses only the excess, and only while it lasts', async (t) => {
    const service = await startDatabaseService(t);
    const { server, postgres, query } = service;
    const { traffic, file, ledger } = await startPeople(t, service);
    await postgres.query('ALTER ROLE service CONNECTION LIMIT 4');
    await query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'service'");
    const limitedAt = now();
    const watch = watchUnaffected(t, server);
    const open: number[] = [];
    // Who gets the four is chance, and the jobs take up to three: until some requests were refused
    // and some served.
    const isSeen = () => {
      const { refused, served } = countAnswers(readLedger(file), limitedAt, now());
      return refused > 0 && served > 10;
    };
    while (now() < limitedAt + 3000 || (!isSeen() && now() < limitedAt + 20_000)) {
      open.push(await connectionsOf(service));
      await sleep(50);
    }
    await watch.stop();
    assert.ok(Math.max(...open) <= 4, `${open}`);
    await postgres.query('ALTER ROLE service CONNECTION LIMIT -1');
    const liftedAt = now();
    await sleep(2000);
    await traffic.stop();
    await ledger.close();

    const entries = readLedger(file);
    assertRefusals(entries, limitedAt);
    const { refused, served } = countAnswers(entries, limitedAt, liftedAt);
    assert.ok(refused > 0 && served > 10, `${refused} refused, ${served} served`);
    const after = entries.filter(({ sentAt }) => (sentAt ?? 0) > liftedAt + 1000);
    assert.ok(after.length > 10 && after.every(({ answer }) => answer?.status !== 503));
    await assertPoolAtRest(service);
    assert.deepEqual(await findLosses(service, file), []);
  });
});

/** Returns the function that releases what the statement locks. */
async function lock(t: TestContext, { postgres }: DatabaseService, statement: string) {
  const holder = new pg.Client({ connectionString: postgres.url('adl') });
  holder.on('error', () => {});
  t.after(() => holder.end());
  await holder.connect();
  await holder.query(`BEGIN; ${statement}`);
  return async () => void (await holder.query('ROLLBACK'));
}

/** Of the requests that began and ended within the time. */
function countAnswers(entries: readonly LedgerEntry[], from: number, until: number) {
  const during = entries.filter(
    ({ sentAt, endedAt, answer }) =>
      answer !== null && (sentAt ?? 0) > from && (endedAt ?? until) < until,
  );
  const refused = during.filter(({ answer }) => answer?.status === 503).length;
  return { refused, served: during.length - refused };
}

/** How many connections the service has open. */
async function connectionsOf({ query }: DatabaseService): Promise<number> {
  const [row] = await query(
    "SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = 'service' AND application_name LIKE 'adl%'",
  );
  return Number(row?.count);
}

/** How many connections of the service wait for a lock. */
async function waitingFor({ query }: DatabaseService): Promise<number> {
  const [row] = await query(`SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE usename = 'service' AND wait_event_type = 'Lock'`);
  return Number(row?.count);
}

/** Thirty people who already have accounts and tokens, sending fifty requests a second. */
async function startPeople(t: TestContext, service: DatabaseService) {
  const people = Array.from({ length: 30 }, newPerson);
  const { ledger, file } = await newLedger(t);
  const traffic = startTraffic(t, { server: service.server, ledger }, people, 50);
  while (people.some(({ sessions }) => sessions.length === 0)) await sleep(50);
  return { people, traffic, file, ledger };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
