import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newRegistration } from '../factories.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { eventually } from './eventually.ts';
import {
  type DatabaseService,
  startDatabaseService,
  startUnlimited,
  withoutPostgres,
} from './postgres-backed.ts';
import type { ServerProcess } from './server-process.ts';

const backWithinMilliseconds = 5000;

test('FI-03 connections left read-only by a fail-over are replaced, and mail continues', {
  skip: withoutPostgres,
}, async (t) => {
  const sink = await startSmtpSink(t);
  const mail = { SMTP_PORT: String(sink.port), SMTP_FROM_EMAIL: 'accounts@example.com' };
  const service = await startDatabaseService(t, {
    SMTP_HOST: '127.0.0.1',
    SMTP_SECURITY: 'none',
    ...mail,
  });
  const { server, query } = service;
  // The pool is full, so replacing one connection is not enough.
  await Promise.all(Array.from({ length: 30 }, () => register(server)));
  const [begun] = await query('SELECT now()::text AS time');
  await turnReadOnly(service);
  await eventually('writes are refused', async () => (await register(server)) === 503);
  await eventually('it is not ready', async () => (await readiness(server)) === 503, 7000);
  await sleep(500);
  assert.equal(await register(server), 503);

  await makeNewSessionsWritable(service);
  const refusedUntil = await lastRefusal(server);
  assert.ok(refusedUntil < backWithinMilliseconds, `refused until ${refusedUntil} ms`);
  const isOld = `usename = 'service' AND backend_start < '${begun?.time}'`;
  const oldConnections = async () =>
    (await query(`SELECT application_name, query FROM pg_stat_activity WHERE ${isOld}`)).length ===
    0;
  await eventually(
    'no connection to the old server is left',
    oldConnections,
    backWithinMilliseconds,
  );
  assert.equal(await readiness(server), 200);
  const mails = sink.mails.length;
  const asked = performance.now();
  assert.equal(await register(server), 201);
  await eventually('its mail is there', () => sink.mails.length > mails, backWithinMilliseconds);
  t.diagnostic(
    `refused until ${refusedUntil} ms; mail after ${Math.round(performance.now() - asked)} ms`,
  );
  assert.doesNotMatch(server.logs(), /500 Internal Server Error|Uncaught/);
});

test('a service started on a read-only database waits until it is writable', {
  skip: withoutPostgres,
}, async (t) => {
  const service = await startDatabaseService(t);
  await turnReadOnly(service);
  const { DATABASE_URL = '' } = service.server.env;
  const second = await startUnlimited(t, { DATABASE_URL }, { waitReady: false });
  await eventually('it waits', () => /not reachable yet \(read-only\)/.test(second.logs()));
  await makeNewSessionsWritable(service);
  await second.untilReady();
  assert.equal(await register(second), 201);
});

async function register(server: ServerProcess): Promise<number> {
  return (await server.request('POST', '/api/users/register', { body: newRegistration() })).status;
}

async function readiness(server: ServerProcess): Promise<number> {
  return (await server.request('GET', '/health/ready')).status;
}

/** Open sessions too, as when a primary becomes a standby; the superuser's are left alone. */
async function turnReadOnly({ postgres }: DatabaseService): Promise<void> {
  await postgres.query('ALTER ROLE adl SET default_transaction_read_only = off');
  await postgres.query('ALTER SYSTEM SET default_transaction_read_only = on');
  await postgres.query('SELECT pg_reload_conf()');
}

/** New sessions are on the new primary. */
async function makeNewSessionsWritable({ postgres }: DatabaseService): Promise<void> {
  await postgres.query('ALTER ROLE service SET default_transaction_read_only = off');
}

/** Milliseconds until the start of the first three seconds in which nothing is refused. */
async function lastRefusal(server: ServerProcess): Promise<number> {
  const begun = performance.now();
  let last = 0;
  while (performance.now() - begun < last + 3000) {
    const statuses = await Promise.all(Array.from({ length: 5 }, () => register(server)));
    if (statuses.some((status) => status !== 201)) last = performance.now() - begun;
    assert.ok(last < 20_000, 'it does not recover');
  }
  return Math.round(last);
}
