import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../../bench/figure.ts';
import { type SmtpSink, startSmtpSink } from '../smtp-sink.ts';
import { findLosses } from './checker.ts';
import { eventually } from './eventually.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { readLedger } from './ledger.ts';
import { asks, newPerson, startTraffic } from './people.ts';
import {
  assertPoolAtRest,
  newLedger,
  startDatabaseService,
  untilReady,
  withoutPostgres,
} from './postgres-backed.ts';
import { assertRefusals, lengthOf } from './refusals.ts';
import type { ServerProcess } from './server-process.ts';
import { watchUnaffected } from './unaffected.ts';

/**
 * A handler has ten seconds; some take several connections one after the other, each for 2.9 s at
 * most.
 */
const mostMilliseconds = 10_500;
const slowSeconds = lengthOf({ short: 12, full: 60 });

test('FI-35 a database 200 ms away per packet: excess is 503, nothing queues up', {
  skip: withoutPostgres,
}, async (t) => {
  const sink = await startSmtpSink(t);
  let proxy: Awaited<ReturnType<typeof startFaultProxy>> | undefined;
  t.after(() => proxy?.close());
  const smtp = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(sink.port), SMTP_SECURITY: 'none' };
  const mail = { ...smtp, SMTP_FROM_EMAIL: 'accounts@example.com' };
  const service = await startDatabaseService(t, mail, async (targetPort) => {
    proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort });
    return proxy.port;
  });
  const { server } = service;
  const { ledger, file } = await newLedger(t);
  const traffic = startTraffic(t, { server, ledger }, Array.from({ length: 30 }, newPerson), 30);
  await sleep(2000);
  const person = newPerson();
  const { method, path, options } = asks.register(person);
  assert.equal((await ledger.request(server, method, path, options)).status, 201);
  await eventually('mail works', () => mailsTo(sink, person.email) === 1);
  const slowFrom = now();
  await proxy?.mode({ delayMs: 200, jitterMs: 100 });
  const watch = watchUnaffected(t, server);
  await askPatiently(server, person.email, slowSeconds * 1000);
  await sleep(Math.max(0, slowFrom + slowSeconds * 1000 - now()));
  const health = await server.request('GET', '/health');
  assert.ok(
    health.ms < 1500 && [200, 503].includes(health.status),
    `${health.status} in ${health.ms} ms`,
  );
  await watch.stop();
  await proxy?.mode('pass');
  const passFrom = now();
  const readyMilliseconds = await untilReady(server);
  await sleep(1500);
  await traffic.stop();
  await ledger.close();

  const entries = readLedger(file);
  const refused = assertRefusals(entries, slowFrom, mostMilliseconds);
  const whileSlow = entries.filter(
    ({ sentAt }) => (sentAt ?? 0) > slowFrom && (sentAt ?? 0) < passFrom,
  );
  const milliseconds = whileSlow.map(({ sentAt, endedAt }) => (endedAt ?? 0) - (sentAt ?? 0));
  const p99 = Math.round(percentile(milliseconds, 0.99));
  t.diagnostic(`${refused.length} of ${whileSlow.length} refused, p99 ${p99} ms`);
  assert.ok(p99 < 10_000, `p99 ${p99} ms`);
  assert.ok(
    refused.length > 10 && whileSlow.length > 10 * slowSeconds,
    'the callers are not kept waiting',
  );
  assert.ok(readyMilliseconds < 5000);
  assert.ok(
    refused.every(({ sentAt }) => (sentAt ?? 0) < passFrom + 1000),
    'it is back',
  );
  await eventually('the mail is delivered', () => mailsTo(sink, person.email) >= 2, 60_000);
  await assertPoolAtRest(service);
  assert.deepEqual(await findLosses(service, file), []);
  assert.doesNotMatch(server.logs(), /500 Internal Server Error|Uncaught|deadlock/);
});

/** As a client retries when told to. */
async function askPatiently(
  server: ServerProcess,
  email: string,
  milliseconds: number,
): Promise<void> {
  const ask = () => server.request('POST', '/api/password/forgot-password', { body: { email } });
  await eventually(
    'a link can be asked for',
    async () => (await ask()).status === 200,
    milliseconds,
  );
}

function mailsTo(sink: SmtpSink, email: string): number {
  return sink.mails.filter(({ recipients }) => recipients.includes(email)).length;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
