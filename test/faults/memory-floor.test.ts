import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsOf, newRegistration } from '../factories.ts';
import { requestText } from '../raw-http.ts';
import { newPerson, startTraffic } from './people.ts';
import {
  newLedger,
  startDatabaseService,
  startUnlimited,
  withoutPostgres,
} from './postgres-backed.ts';
import { rssMegabytes } from './process-figures.ts';
import { lengthOf } from './refusals.ts';
import type { ServerProcess } from './server-process.ts';
import { loopbackAddress, openSockets } from './sockets.ts';

/** A shorter run than the required ten minutes, for which FAULT_FULL=1 is set. */
const seconds = lengthOf({ short: 30, full: 600 });
const warmUpSeconds = seconds / 2;
const env = { NODE_OPTIONS: '--max-old-space-size=128' };

describe('FI-36 with a heap of 128 MB under mixed load and attacks', () => {
  test('the service on the embedded database survives and does not grow once warm', async (t) => {
    await assertFlat(t, await startUnlimited(t, env));
  });

  test('the service on PostgreSQL survives and does not grow once warm', {
    skip: withoutPostgres,
  }, async (t) => {
    await assertFlat(t, (await startDatabaseService(t, env)).server);
  });
});

async function assertFlat(t: TestContext, server: ServerProcess): Promise<void> {
  const { ledger } = await newLedger(t);
  const traffic = startTraffic(t, { server, ledger }, Array.from({ length: 20 }, newPerson), 60);
  const attack = startAttacks(t, server);
  const samples: { second: number; megabytes: number }[] = [];
  for (let second = 0; second < seconds; second += 0.5) {
    await sleep(500);
    samples.push({ second, megabytes: rssMegabytes(server.pid) });
  }
  const rounds = await attack.stop();
  await traffic.stop();
  assert.ok(rounds >= 3, `${rounds} rounds of attacks`);
  assert.equal((await server.request('GET', '/health')).status, 200);
  assert.doesNotMatch(server.logs(), /heap out of memory|500 Internal Server Error|Uncaught/);
  const warm = samples.filter(({ second }) => second >= warmUpSeconds);
  const growth = slopeOf(warm) * (seconds - warmUpSeconds);
  const most = Math.max(...samples.map(({ megabytes }) => megabytes));
  t.diagnostic(
    `${rounds} rounds of attacks, ${Math.round(most)} MB at most, the line rises ${growth.toFixed(1)} MB`,
  );
  assert.ok(growth < 25, `${growth} MB more in ${seconds - warmUpSeconds} s`);
}

/** The slope of the least-squares line. */
function slopeOf(samples: readonly { second: number; megabytes: number }[]): number {
  const meanOf = (values: number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const second = meanOf(samples.map((sample) => sample.second));
  const megabytes = meanOf(samples.map((sample) => sample.megabytes));
  const products = samples.map(
    (sample) => (sample.second - second) * (sample.megabytes - megabytes),
  );
  const squares = samples.map((sample) => (sample.second - second) ** 2);
  return meanOf(products) / meanOf(squares);
}

/** Runs rounds of hostile clients one after the other; `stop` returns how many there were. */
function startAttacks(t: TestContext, server: ServerProcess): { stop: () => Promise<number> } {
  let isStopping = false;
  let rounds = 0;
  const attack = async (): Promise<void> => {
    for (; !isStopping; rounds += 1) {
      for (const bytes of hostileBytes) await attackWith(server, bytes);
    }
  };
  const attacking = attack();
  t.after(() => {
    isStopping = true;
  });
  return {
    stop: async () => {
      isStopping = true;
      await attacking;
      return rounds;
    },
  };
}

const json = { 'Content-Type': 'application/json' };
const login = (body: string) => requestText('POST', '/api/users/login', json, body);

/** The input of cases I03, I04, I06 and I09 to I15. */
const hostileBytes: readonly string[] = [
  login('['.repeat(60_000)),
  login(`{${Array.from({ length: 5000 }, (_, index) => `"k${index}":1`).join()}}`),
  login(`{"username":${'9'.repeat(60_000)}}`),
  `${requestText('POST', '/api/users/login', { ...json, 'Content-Length': '999999' })}${'x'.repeat(70_000)}`,
  requestText('GET', `/${'a'.repeat(100_000)}`),
  requestText('GET', '/', { Cookie: 'c'.repeat(16_000) }),
  'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
  requestText('POST', '/api/users/login', { ...json, 'Content-Length': '500' }),
  requestText('GET', '/health/live').repeat(200),
  requestText('GET', '/openapi.json').repeat(20),
  requestText('GET', '/docs').repeat(50),
  login(JSON.stringify({ username: `a@${'a.'.repeat(15_000)}`, password: 'none' })),
  login(JSON.stringify(credentialsOf(newRegistration()))).repeat(5),
];

/** Twenty sockets that send it, read nothing, and close shortly after. */
async function attackWith(server: ServerProcess, bytes: string): Promise<void> {
  const ends: (() => unknown)[] = [];
  const from = (index: number) => loopbackAddress(39, index);
  const sockets = await openSockets({ after: (end) => ends.push(end) }, server, 20, { from });
  for (const socket of sockets) socket.pause().write(bytes);
  await sleep(200);
  for (const end of ends) end();
}
