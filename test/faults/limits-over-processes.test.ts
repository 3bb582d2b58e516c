import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newRegistration } from '../factories.ts';
import { findFreePort } from '../free-port.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';
import { startDatabaseService, startUnlimited, withoutPostgres } from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const limits = { RATE_LIMIT_PER_HOUR: '200', RATE_LIMIT_ACCOUNT_PER_HOUR: '2000' };
const wrong = 'not the right password';

describe('two server processes behind one Redis and one PostgreSQL', {
  skip: withoutRedis || withoutPostgres,
}, () => {
  test('K07 FI-14 of 250 requests over both exactly 200 pass; a killed Redis is no error', async (t) => {
    const redis = await startRedis(t);
    const { server: one } = await startDatabaseService(t, { ...limits, REDIS_URL: redis.url });
    const two = await startServer(t, { env: { ...one.env, PORT: String(await findFreePort()) } });
    const statuses = await atOnce([one, two], 250);
    assert.equal(statuses.filter((status) => status === 200).length, 200);
    assert.equal(statuses.filter((status) => status === 429).length, 50);

    await redis.stop();
    const alone = await atOnce([one, two], 600);
    assert.deepEqual(new Set(alone), new Set([200, 429]));
    // Each counts for itself: at most the limit for each process.
    assert.ok(alone.filter((status) => status === 200).length <= 400);
    for (const server of [one, two]) {
      assert.equal((await server.request('GET', '/health/ready')).status, 200);
      assert.equal(server.logs().match(/redis: does not answer/g)?.length, 1);
      assert.doesNotMatch(server.logs(), /500 Internal|Uncaught/);
    }
  });
});

for (const [engine, skip] of [
  ['PostgreSQL', withoutPostgres],
  ['the embedded database', false],
] as const) {
  test(`C07 on ${engine} wrong passwords are still counted after a kill -9`, {
    skip,
  }, async (t) => {
    const first: ServerProcess =
      engine === 'PostgreSQL'
        ? (await startDatabaseService(t)).server
        : await startUnlimited(t, {});
    const person = newRegistration();
    assert.equal(
      (await first.request('POST', '/api/users/register', { body: person })).status,
      201,
    );
    for (let count = 0; count < 4; count += 1)
      assert.equal(await login(first, person.username), 401);
    await first.kill9();
    const second = await startServer(t, { env: first.env });
    assert.equal(await login(second, person.username), 401);
    assert.equal(await login(second, person.username), 429);
  });
}

async function atOnce(servers: ServerProcess[], count: number): Promise<number[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, index) =>
      servers[index % servers.length]?.request('GET', '/'),
    ),
  );
  return answers.map((answer) => answer?.status ?? 0);
}

async function login(server: ServerProcess, username: string): Promise<number> {
  const body = { username, password: wrong };
  return (await server.request('POST', '/api/users/login', { body })).status;
}
