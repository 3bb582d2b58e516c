import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newRegistration } from '../factories.ts';
import { findFreePort } from '../free-port.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';
import { eventually } from './eventually.ts';
import { startLoad } from './load.ts';
import { createRelease } from './newer-release.ts';
import { startNginx, withoutNginx } from './nginx-server.ts';
import {
  type DatabaseService,
  startDatabaseService,
  startUnlimited,
  withoutPostgres,
} from './postgres-backed.ts';
import { startServer } from './server-process.ts';

const expanding = `-- compatible-with: 0012
ALTER TABLE users ADD COLUMN nickname text;
CREATE INDEX users_nickname ON users (nickname);`;
const contracting = 'ALTER TABLE users DROP COLUMN full_name;';

describe('an upgrade with a migration', { skip: withoutPostgres }, () => {
  test('P7 rolling over two replicas behind nginx, under load, fails no request', {
    skip: withoutRedis || withoutNginx,
  }, async (t) => {
    const redis = await startRedis(t);
    // A busy machine is no fault of an upgrade.
    const env = {
      REDIS_URL: redis.url,
      HASH_QUEUE_MAX_WAIT_SECONDS: '60',
      TRUSTED_PROXIES: '127.0.0.1/32',
    };
    const { server: first, query } = await startDatabaseService(t, env);
    const second = await startUnlimited(t, { ...first.env, PORT: String(await findFreePort()) });
    const replicas = [first, second];
    const entry = createRelease(t, '9999_expanding', expanding);
    const port = await startNginx(
      t,
      replicas.map((replica) => replica.port),
    );
    const load = await startLoad(t, port, 50);
    for (const [index, replica] of replicas.entries()) {
      assert.deepEqual(await replica.terminate(), { code: 0, signal: null }, replica.logs());
      replicas[index] = await startUnlimited(t, replica.env, { entry, readyTimeoutMs: 60_000 });
      // The older release serves on the newer schema meanwhile.
      await sleep(2000);
    }
    await load.stop();
    const causes = replicas.flatMap((replica) =>
      replica.stdoutLines().filter((line) => line.includes('"status":503')),
    );
    t.diagnostic(causes.slice(0, 3).join('\n'));
    assert.deepEqual(load.failures, [], `of ${load.sent}`);
    assert.match(replicas[0]?.logs() ?? '', /migrations: ok \(applied 9999_expanding\)/);
    const [row] = await query(
      "SELECT compatible_with FROM schema_migrations WHERE name = '9999_expanding'",
    );
    assert.equal(row?.compatible_with, '0012');
  });

  test('what an older process could not live with waits until that has stopped', async (t) => {
    const service = await startDatabaseService(t);
    const older = service.server;
    const entry = createRelease(t, '9999_contracting', contracting);
    const env = { ...older.env, PORT: String(await findFreePort()) };
    const line =
      /9999_contracting cannot be applied beside a server process of an older release \(1\.0\.0, process \d+ on/;
    assert.match(await failingStart(t, env, entry), line);
    assert.equal(
      (await older.request('POST', '/api/users/register', { body: newRegistration() })).status,
      201,
    );
    // Shortly after its last sign of life it is still counted.
    await sleep(6000);
    assert.match(await failingStart(t, env, entry), line);
    assert.deepEqual(await older.terminate(), { code: 0, signal: null });
    assert.deepEqual(await service.query('SELECT FROM server_processes'), []);
    const newer = await startServer(t, { env, entry });
    assert.match(newer.logs(), /migrations: ok \(applied 9999_contracting\)/);
    await assertRefusesToServe(t, older.env);
  });

  test('a killed process is counted for half a minute, not for ever', async (t) => {
    const { server, query } = await startDatabaseService(t);
    const entry = createRelease(t, '9999_contracting', contracting);
    await server.kill9();
    assert.match(
      await failingStart(t, server.env, entry),
      /cannot be applied beside a server process/,
    );
    await query("UPDATE server_processes SET seen_at = now() - interval '31 seconds'");
    await startServer(t, { env: server.env, entry });
  });

  test('an older process that meets a schema without what it needs ends in one line', async (t) => {
    const service = await startDatabaseService(t);
    await service.query(
      "INSERT INTO schema_migrations (name, sha256) VALUES ('9999_contracting', '')",
    );
    const { code } = await service.server.exited;
    assert.equal(code, 1);
    const last = service.server.stdoutLines().findLast((text) => text.includes('"fatal"')) ?? '';
    assert.match(
      last,
      /the database is newer than this release, which cannot work with 9999_contracting/,
    );
  });

  test('a newer schema that a release can work with is served, and told', async (t) => {
    const { server, query } = await startDatabaseService(t);
    await query(
      "INSERT INTO schema_migrations (name, sha256, compatible_with) VALUES ('9999_expanding', '', '0012')",
    );
    assert.deepEqual(await server.terminate(), { code: 0, signal: null });
    const again = await startUnlimited(t, server.env);
    assert.match(
      again.logs(),
      /migrations: ok \(nothing to do; of a newer release: 9999_expanding\)/,
    );
  });

  test('a role without CREATE starts where its record of processes is missing', async (t) => {
    const { server, query } = await startDatabaseService(t);
    await server.terminate();
    await query('DROP TABLE server_processes');
    await query('REVOKE CREATE ON SCHEMA public FROM pg_database_owner, service');
    const again = await startUnlimited(t, server.env);
    await eventually('it is told', () =>
      again.logs().includes('cannot see that this process runs'),
    );
    await sleep(6000);
    assert.equal((await again.request('GET', '/health/ready')).status, 200);
    assert.equal(again.logs().match(/cannot see that/g)?.length, 1);
    assert.doesNotMatch(again.logs(), /"(error|fatal)"/);
  });

  test('a role without rights on the record of processes starts, and is told once', async (t) => {
    const { server, query } = await startDatabaseService(t);
    await server.terminate();
    await query('REVOKE ALL ON server_processes FROM service');
    const again = await startUnlimited(t, server.env);
    await eventually('it is told', () =>
      again.logs().includes('cannot see that this process runs'),
    );
    assert.equal((await again.request('GET', '/health/ready')).status, 200);
  });
});

async function failingStart(
  t: TestContext,
  env: Record<string, string>,
  entry: string,
): Promise<string> {
  const began = performance.now();
  const server = await startServer(t, { env, entry, waitReady: false });
  assert.deepEqual(await server.exited, { code: 1, signal: null }, server.logs());
  assert.ok(performance.now() - began < 20_000);
  const failures = server.stdoutLines().filter((line) => line.includes('failed'));
  assert.equal(failures.length, 1, server.logs());
  return failures[0] ?? '';
}

async function assertRefusesToServe(
  t: TestContext,
  env: DatabaseService['server']['env'],
): Promise<void> {
  const server = await startServer(t, { env, waitReady: false });
  await eventually('it has ended', () =>
    server.stdoutLines().some((line) => line.includes('failed')),
  );
  assert.deepEqual(await server.exited, { code: 1, signal: null });
  assert.match(
    server.logs(),
    /the database is newer than this release, which cannot work with 9999_contracting/,
  );
}
