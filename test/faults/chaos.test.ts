import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../free-port.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { findLosses } from './checker.ts';
import { eventually } from './eventually.ts';
import { sendRequest } from './http-request.ts';
import { readLedger } from './ledger.ts';
import { startNginx, withoutNginx } from './nginx-server.ts';
import { newPerson, startTraffic } from './people.ts';
import {
  newLedger,
  startDatabaseService,
  startUnlimited,
  withoutPostgres,
} from './postgres-backed.ts';
import { lengthOf } from './refusals.ts';
import type { ServerProcess } from './server-process.ts';

/** FAULT_FULL=1: five minutes. */
const kills = lengthOf({ short: 3, full: 30 });
const pauseMilliseconds = 10_000;
/** Between the end of a replica and the moment in which nginx has noticed it. */
const noticeMilliseconds = 150;

test(`FI-28 ${kills} kills of a random replica under load: only what was under way fails, nothing is lost`, {
  skip: withoutPostgres || withoutNginx,
}, async (t) => {
  const sink = await startSmtpSink(t);
  const mail = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(sink.port), SMTP_SECURITY: 'none' };
  const env = {
    ...mail,
    SMTP_FROM_EMAIL: 'accounts@example.com',
    TRUSTED_PROXIES: '127.0.0.1/32',
    // A busy machine is no fault of a kill.
    HASH_QUEUE_MAX_WAIT_SECONDS: '60',
  };
  const service = await startDatabaseService(t, env);
  const starting = performance.now();
  const second = await startUnlimited(t, {
    ...service.server.env,
    PORT: String(await findFreePort()),
  });
  const usualStart = performance.now() - starting;
  const replicas = [service.server, second];
  const port = await startNginx(
    t,
    replicas.map((replica) => replica.port),
  );
  const { ledger, file } = await newLedger(t);
  const server = throughProxy(service.server, port);
  const traffic = startTraffic(t, { server, ledger }, Array.from({ length: 30 }, newPerson), 40);
  const deaths: { from: number; until: number }[] = [];
  const readyAfter: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(pauseMilliseconds - (readyAfter.at(-1) ?? 0));
    const index = randomInt(replicas.length);
    const [killed] = replicas.splice(index, 1) as [ServerProcess];
    const from = now();
    await killed.kill9();
    // Until then its sockets take requests, which nobody answers.
    deaths.push({ from, until: now() + noticeMilliseconds });
    const began = performance.now();
    replicas.push(await startUnlimited(t, killed.env, { readyTimeoutMs: 60_000 }));
    readyAfter.push(performance.now() - began);
  }
  await sleep(3000);
  await traffic.stop();
  await ledger.close();

  const entries = readLedger(file);
  const failed = entries.filter(({ answer }) => answer === null || answer.status >= 500);
  const unexplained = failed.filter(
    ({ sentAt, endedAt }) =>
      !deaths.some(
        ({ from, until }) => (sentAt ?? 0) < until && (endedAt ?? Number.POSITIVE_INFINITY) > from,
      ),
  );
  t.diagnostic(
    `${failed.length} of ${entries.length} failed; ready after ${readyAfter.map(Math.round).join(', ')} ms`,
  );
  assert.deepEqual(unexplained, []);
  assert.ok(entries.length > kills * 200);
  // A machine that is busy, as under this load, starts everything more slowly.
  assert.ok(
    Math.min(...readyAfter) < Math.max(5000, 2 * usualStart),
    `${readyAfter}, ${usualStart}`,
  );
  const waiting = async () =>
    (await service.query("SELECT FROM mails WHERE status = 'queued'")).length;
  await eventually('every mail is sent', async () => (await waiting()) === 0, 90_000);
  const ids = sink.mails.map(({ parsed }) => parsed.messageId);
  assert.ok(ids.length - new Set(ids).size <= kills, 'at most one mail twice for each kill');
  assert.deepEqual(await findLosses({ server, query: service.query }, file), []);
});

/**
 * An answer of nginx for a replica that died is no answer of the service: the outcome is unknown.
 */
function throughProxy(server: ServerProcess, port: number): ServerProcess {
  return {
    ...server,
    request: async (method, path, options) => {
      const answer = await sendRequest(port, method, path, options);
      if (answer.status === 502 || answer.status === 504)
        throw new Error(`nginx answered ${answer.status}`);
      return answer as never;
    },
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
