import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsOf, newRegistration } from '../factories.ts';
import { findFreePort } from '../free-port.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';
import { sendRequest } from './http-request.ts';
import { startNginx, withoutNginx } from './nginx-server.ts';
import { startDatabaseService, startUnlimited, withoutPostgres } from './postgres-backed.ts';

/** FAULT_FULL=1: as many as the rule says. */
const restarts = process.env.FAULT_FULL === '1' ? 10 : 2;

const requestsPerSecond = 100;

type Load = { sent: number; failures: string[]; stop: () => Promise<void> };

test('P7 a rolling restart of two replicas behind nginx, under a hundred requests a second, fails none', {
  skip: withoutPostgres || withoutRedis || withoutNginx,
}, async (t) => {
  const redis = await startRedis(t);
  // A busy machine is no fault of a restart.
  const env = { REDIS_URL: redis.url, HASH_QUEUE_MAX_WAIT_SECONDS: '60', TRUSTED_PROXIES: '127.0.0.1/32' };
  const { server: first } = await startDatabaseService(t, env);
  const second = await startUnlimited(t, { ...first.env, PORT: String(await findFreePort()) });
  const replicas = [first, second];
  const port = await startNginx(
    t,
    replicas.map((replica) => replica.port),
  );
  const load = await startLoad(t, port);
  for (let restart = 0; restart < restarts; restart += 1) {
    for (const [index, replica] of replicas.entries()) {
      assert.deepEqual(await replica.terminate(), { code: 0, signal: null }, replica.logs());
      replicas[index] = await startUnlimited(t, replica.env, { readyTimeoutMs: 60_000 });
      await sleep(500);
    }
  }
  await load.stop();
  const causes = replicas.flatMap((replica) =>
    replica.stdoutLines().filter((line) => line.includes('"503 ')),
  );
  t.diagnostic(causes.slice(0, 3).join('\n'));
  t.diagnostic(`${load.failures.length} of ${load.sent} requests failed in ${restarts} rolling restarts`);
  assert.deepEqual(load.failures, []);
});

/** Every second one a POST, which nginx does not repeat. */
async function startLoad(t: TestContext, port: number): Promise<Load> {
  const reader = newRegistration();
  // Sign-ins of one account wait for each other.
  const writers = Array.from({ length: 50 }, () => newRegistration());
  for (const body of [reader, ...writers]) await sendRequest(port, 'POST', '/api/users/register', { body });
  const { body: tokens } = await sendRequest(port, 'POST', '/api/users/login', {
    body: credentialsOf(reader),
  });
  const token = String(tokens.access_token);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  let turn = 0;
  const nextWriter = () => {
    turn += 1;
    return writers[turn % writers.length] ?? reader;
  };
  const requests = [
    () => sendRequest(port, 'GET', '/api/users/me', { token, agent }),
    () => sendRequest(port, 'POST', '/api/users/login', { body: credentialsOf(nextWriter()), agent }),
    () => sendRequest(port, 'GET', '/', { agent }),
    () => sendRequest(port, 'POST', '/api/users/login', { body: {}, agent }),
  ];
  const expected = [200, 200, 200, 422];
  const load: Load = { sent: 0, failures: [], stop: async () => {} };
  const send = async (index: number): Promise<void> => {
    const outcome = await requests[index]?.().then(
      ({ status }) => (status === expected[index] ? null : `status ${status}`),
      (error: Error) => error.message,
    );
    if (outcome) load.failures.push(`${new Date().toISOString()} ${index}: ${outcome}`);
  };
  const underWay = new Set<Promise<void>>();
  const started = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - started) / 1000) * requestsPerSecond;
    for (; load.sent < due; load.sent += 1) {
      const sending = send(load.sent % requests.length).finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
  }, 10);
  t.after(() => clearInterval(timer));
  load.stop = async () => {
    clearInterval(timer);
    await Promise.all(underWay);
  };
  return load;
}
