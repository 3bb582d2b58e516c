import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsOf, goodPassword } from '../factories.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { findLosses, recall } from './checker.ts';
import { eventually } from './eventually.ts';
import { readLedger } from './ledger.ts';
import { asks, newPerson, startTraffic } from './people.ts';
import {
  newLedger,
  startDatabaseService,
  startUnlimited,
  untilReady,
  withoutPostgres,
} from './postgres-backed.ts';
import { assertRefusals, lengthOf } from './refusals.ts';
import { mountSmallDisk, withoutMounts } from './small-disk.ts';

const fullSeconds = lengthOf({ short: 5, full: 30 });
/** Making a database takes a while on a busy machine. */
const patient = { readyTimeoutMs: 60_000 };

describe('no room on the disk of the database', { skip: withoutMounts }, () => {
  test('FI-12 PostgreSQL: writes are 503, reads go on; then everything acknowledged is there', {
    skip: withoutPostgres,
  }, async (t) => {
    const disk = mountSmallDisk(t, 300);
    const sink = await startSmtpSink(t);
    const mail = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(sink.port), SMTP_SECURITY: 'none' };
    const env = {
      ...mail,
      SMTP_FROM_EMAIL: 'accounts@example.com',
      // A busy machine is no full disk.
      HASH_QUEUE_MAX_WAIT_SECONDS: '60',
    };
    // Its log can still be written: only tables cannot grow.
    const settings = { min_wal_size: '96MB', max_wal_size: '96MB', autovacuum: 'off' };
    const postgres = { parentDirectory: disk.path, settings };
    const service = await startDatabaseService(t, env, undefined, { postgres });
    const { server, query } = service;
    for (let count = 0; count < 5; count += 1) await query('SELECT pg_switch_wal(); CHECKPOINT');
    const { ledger, file } = await newLedger(t);
    const traffic = startTraffic(t, { server, ledger }, Array.from({ length: 30 }, newPerson), 50);
    const reader = newPerson();
    const registration = asks.register(reader);
    await ledger.request(server, registration.method, registration.path, registration.options);
    const login = asks.login(reader, goodPassword);
    const { body, status } = await ledger.request(server, login.method, login.path, login.options);
    assert.equal(status, 200);
    await sleep(1500);
    const fullFrom = now();
    disk.fill();
    const reads: number[] = [];
    const until = performance.now() + fullSeconds * 1000;
    while (performance.now() < until) {
      const token = String(body.access_token);
      reads.push((await server.request('GET', '/api/users/me', { token })).status);
      await sleep(50);
    }
    const whileFull = readLedger(file).filter(({ sentAt }) => (sentAt ?? 0) > fullFrom);
    assert.deepEqual([...new Set(reads)], [200]);
    const refused = whileFull.filter(({ answer }) => answer?.status === 503);
    assert.ok(refused.length > 10, `${refused.length} of ${whileFull.length} were refused`);
    assert.equal((await server.request('GET', '/health/live')).status, 200);

    // Then the log cannot be written either: the server ends.
    await eventually(
      'the log is full',
      () =>
        query('SELECT pg_switch_wal()').then(
          () => false,
          () => true,
        ),
      60_000,
    );
    await sleep(1000);
    disk.free();
    await service.postgres.start();
    const backAt = now();
    assert.ok((await untilReady(server)) < 5000);
    await sleep(2000);
    await traffic.stop();
    await ledger.close();

    assertRefusals(readLedger(file), fullFrom);
    const late = readLedger(file).filter(
      ({ sentAt, answer }) => (sentAt ?? 0) > backAt + 5000 && answer?.status === 503,
    );
    assert.deepEqual(late, []);
    const waiting = async () => (await query("SELECT FROM mails WHERE status = 'queued'")).length;
    await eventually('the outbox is empty', async () => (await waiting()) === 0, 60_000);
    assert.deepEqual(await findLosses(service, file), []);
    assert.doesNotMatch(server.logs(), /500 Internal Server Error|Uncaught/);
  });

  test('FI-13 embedded: 503 until there is room; a restart finds everything acknowledged', async (t) => {
    const disk = mountSmallDisk(t, 160);
    const server = await startUnlimited(t, { DATA_DIR: join(disk.path, 'data') }, patient);
    const { ledger, file } = await newLedger(t);
    const register = () => {
      const { method, path, options } = asks.register(newPerson());
      return ledger.request(server, method, path, options);
    };
    for (let count = 0; count < 20; count += 1) assert.equal((await register()).status, 201);
    disk.fill();
    const statuses: (number | null)[] = [];
    for (
      let count = 0;
      count < 60 && statuses.filter((status) => status !== 201).length < 10;
      count += 1
    )
      statuses.push(
        ...(await Promise.all(
          Array.from({ length: 10 }, () =>
            register().then(
              ({ status }) => status,
              () => null,
            ),
          ),
        )),
      );
    t.diagnostic(`${statuses.length} requests, then ${statuses.slice(-10).join(' ')}`);
    assert.deepEqual(
      new Set(statuses.filter((status) => status !== 201)),
      new Set([503]),
      server.logs().slice(-3000),
    );
    assert.equal((await server.request('GET', '/health/live')).status, 200);
    disk.free();
    await server.kill9();
    await ledger.close();

    const again = await startUnlimited(t, server.env, patient);
    const { people, faults } = recall(readLedger(file));
    assert.deepEqual(faults, []);
    for (const { username, email, exists } of people) {
      const login = await again.request('POST', '/api/users/login', {
        body: credentialsOf({ username, password: goodPassword }),
      });
      if (exists === 'yes') assert.equal(login.status, 200, username);
      else if (login.status !== 200) {
        const options = { body: { username, email, password: goodPassword } };
        assert.equal((await again.request('POST', '/api/users/register', options)).status, 201);
      }
    }
  });

  test('FI-13 embedded: an unreadable database is a failed start, never an empty one', async (t) => {
    const server = await startUnlimited(t, {}, patient);
    await server.terminate();
    const directory = join(server.env.DATA_DIR ?? '', 'postgres');
    renameSync(
      join(directory, 'global', 'pg_control'),
      join(directory, 'global', 'pg_control.lost'),
    );
    const broken = await startUnlimited(t, server.env, { waitReady: false });
    assert.notEqual((await broken.exited).code, 0);
    assert.ok(!existsSync(join(directory, 'global', 'pg_control')));
    renameSync(
      join(directory, 'global', 'pg_control.lost'),
      join(directory, 'global', 'pg_control'),
    );
    await startUnlimited(t, server.env, patient);
  });
});

function now(): number {
  return performance.timeOrigin + performance.now();
}
