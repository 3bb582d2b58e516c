import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../faults/eventually.ts';
import { startDatabaseService, withoutPostgres } from '../faults/postgres-backed.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';

type Line = { level: string; msg: string; pid?: number; status?: number; reason?: string };

describe('what an operator reads', { skip: withoutPostgres || withoutRedis }, () => {
  test('an outage of the database is a line, each 503 one line without a stack, and the end a line', async (t) => {
    const { server, postgres } = await startProduction(t);
    const before = server.stdoutLines().length;
    const since = () =>
      server
        .stdoutLines()
        .slice(before)
        .map((line) => JSON.parse(line) as Line);
    await postgres.stop('immediate');
    for (let count = 0; count < 5; count += 1) {
      assert.equal((await server.request('POST', '/api/users/login', { body: login })).status, 503);
    }
    await postgres.start();
    await eventually(
      'it is back',
      () => since().some(({ msg }) => msg === 'database: answers again'),
      30_000,
    );
    const requests = since().filter(({ status }) => status === 503);
    assert.equal(requests.length, 5);
    for (const { level, reason } of requests) {
      assert.deepEqual(
        [level, /ECONNREFUSED|57P|08|ECONNRESET|terminated/.test(String(reason))],
        ['warn', true],
      );
    }
    const told = since().filter(({ msg }) => msg.startsWith('database: '));
    const [away, back, ...more] = told.map(({ msg }) => msg);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [away, back],
      ['database: does not answer; requests get 503', 'database: answers again'],
    );
    assert.doesNotMatch(server.logs(), /"stack"|\n +at /);
    for (const { pid } of since()) assert.equal(pid, server.pid);
  });

  test('an outage of Redis is a line when it begins and one when it ends', async (t) => {
    const redis = await startRedis(t);
    const { server } = await startProduction(t, {
      REDIS_URL: redis.url,
      RATE_LIMIT_PER_HOUR: '200',
    });
    const told = () => server.stdoutLines().filter((line) => line.includes('"redis: '));
    await redis.stop();
    for (let count = 0; count < 5; count += 1) await server.request('GET', '/');
    await redis.start();
    await eventually(
      'it is back',
      () => told().some((line) => line.includes('answers again')),
      30_000,
    );
    assert.deepEqual(
      told().map((line) => (JSON.parse(line) as Line).msg),
      [
        'redis: ok (reachable)',
        'redis: does not answer; each process counts limits on its own',
        'redis: answers again; limits are shared',
      ],
    );
    assert.doesNotMatch(server.logs(), /"stack"/);
  });
});

const login = { username: 'ada', password: 'violet harbour anvil' };

async function startProduction(
  t: Parameters<typeof startDatabaseService>[0],
  env: Record<string, string> = {},
): ReturnType<typeof startDatabaseService> {
  return startDatabaseService(t, {
    ENVIRONMENT: 'production',
    PUBLIC_URL: 'https://accounts.example.com',
    BCRYPT_ROUNDS: '10',
    ...env,
  });
}
