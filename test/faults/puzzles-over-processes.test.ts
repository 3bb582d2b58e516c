import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newRegistration } from '../factories.ts';
import { findFreePort } from '../free-port.ts';
import { encode, solve, withSolution } from '../puzzle-calls.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';
import { startDatabaseService, withoutPostgres } from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

type Body = { details?: { puzzle?: string } };

function register(server: ServerProcess, headers: Record<string, string> = {}) {
  return server.request<Body>('POST', '/api/users/register', { body: newRegistration(), headers });
}

async function solved(server: ServerProcess): Promise<Record<string, string>> {
  const { status, body } = await register(server);
  assert.equal(status, 428);
  return withSolution(encode(await solve(body.details?.puzzle ?? '')));
}

describe('puzzles over two server processes', { skip: withoutRedis || withoutPostgres }, () => {
  test('K13 K14 each is spent once over both, and both count what makes one due', async (t) => {
    const redis = await startRedis(t);
    const env = { REDIS_URL: redis.url, ABUSE_CHALLENGE: 'auto' };
    const { server: one, query } = await startDatabaseService(t, env);
    const two = await startServer(t, { env: { ...one.env, PORT: String(await findFreePort()) } });
    const free = [await register(one), await register(two), await register(one)];
    assert.deepEqual(
      free.map(({ status }) => status),
      [201, 201, 201],
    );
    for (let round = 0; round < 4; round += 1) {
      const headers = await solved(round % 2 === 0 ? one : two);
      const answers = await Promise.all([one, two, one, two].map((to) => register(to, headers)));
      const statuses = answers.map(({ status }) => status).toSorted();
      assert.deepEqual(statuses, [201, 428, 428, 428]);
    }
    const rows = await query('SELECT count(*)::int AS count FROM spent_puzzles');
    assert.deepEqual(rows, [{ count: 4 }]);
  });
});
