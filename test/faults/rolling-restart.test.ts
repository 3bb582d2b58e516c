import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../free-port.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';
import { startLoad } from './load.ts';
import { startNginx, withoutNginx } from './nginx-server.ts';
import { startDatabaseService, startUnlimited, withoutPostgres } from './postgres-backed.ts';

/** FAULT_FULL=1: as many as the rule says. */
const restarts = process.env.FAULT_FULL === '1' ? 10 : 2;

test('P7 a rolling restart of two replicas behind nginx, under a hundred requests a second, fails none', {
  skip: withoutPostgres || withoutRedis || withoutNginx,
}, async (t) => {
  const redis = await startRedis(t);
  // A busy machine is no fault of a restart.
  const env = {
    REDIS_URL: redis.url,
    HASH_QUEUE_MAX_WAIT_SECONDS: '60',
    TRUSTED_PROXIES: '127.0.0.1/32',
  };
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
  t.diagnostic(
    `${load.failures.length} of ${load.sent} requests failed in ${restarts} rolling restarts`,
  );
  assert.deepEqual(load.failures, []);
});
