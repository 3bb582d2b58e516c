import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { newRegistration } from '../factories.ts';
import { startFaultProxy } from '../faults/fault-proxy.ts';
import {
  type DatabaseService,
  startDatabaseService,
  withoutPostgres,
} from '../faults/postgres-backed.ts';
import { assertFound, type Diagnosis, runDoctor } from './run-doctor.ts';

const withoutFaketime = spawnSync('faketime', ['--version']).error
  ? 'faketime is not installed'
  : false;

describe('adl doctor on the database', { skip: withoutPostgres }, () => {
  test('a role without rights is told the exact GRANT, which fixes it', async (t) => {
    const service = await startDatabaseService(t);
    const { postgres, query } = service;
    await postgres.query(`CREATE ROLE "the service" LOGIN PASSWORD 'of the tests'`);
    await query('GRANT SELECT ON ALL TABLES IN SCHEMA public TO "the service"');
    const env = { ...service.server.env, DATABASE_URL: urlFor(service, 'the service') };
    const { of, code } = await runDoctor(env);
    assert.equal(code, 4);
    assertFound(
      of('rights'),
      'failed',
      /use the schema jobs/,
      /^GRANT USAGE ON SCHEMA jobs TO "the service";$/,
    );
    assertFound(
      of('rights'),
      'failed',
      /INSERT, UPDATE, DELETE on .*public\.users/,
      /^GRANT INSERT, UPDATE, DELETE ON .*public\.sessions.* TO "the service";$/,
    );
    assertFound(
      of('rights'),
      'failed',
      /SELECT, INSERT, UPDATE, DELETE on jobs\./,
      /^GRANT SELECT/,
    );
    for (const { advice = '' } of of('rights')) await query(advice);
    const { of: fixed } = await runDoctor(env);
    assertFound(fixed('rights'), 'warning', /does not own the tables/, /adl migrate as the owner/);
    assert.equal(fixed('rights').length, 1);
  });

  test('a role that may not upgrade is told the GRANT, a superuser is a warning', async (t) => {
    const service = await startDatabaseService(t);
    await service.query('REVOKE CREATE ON SCHEMA public FROM pg_database_owner');
    await service.query('ALTER DATABASE adl OWNER TO CURRENT_USER');
    const { of } = await runDoctor(service.server.env);
    assertFound(
      of('rights'),
      'warning',
      /may not create tables/,
      /^GRANT CREATE ON SCHEMA public TO service;/,
    );
    assertFound(
      of('rights'),
      'warning',
      /extensions and schemas/,
      /^GRANT CREATE ON DATABASE adl TO service;/,
    );
    await service.query('ALTER ROLE service SUPERUSER');
    assertFound(
      (await runDoctor(service.server.env)).of('rights'),
      'warning',
      /is a superuser/,
      /CREATE ROLE/,
    );
  });

  test('a database that may lose commits, is newer, or has other processes', async (t) => {
    const { server, query } = await startDatabaseService(t);
    for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit'])
      await query(`ALTER SYSTEM SET ${setting} = off`);
    await query('SELECT pg_reload_conf()');
    await query("INSERT INTO schema_migrations (name, sha256) VALUES ('9998_newer', '')");
    await query("DELETE FROM schema_migrations WHERE name = '0006_cookie_refresh_grace'");
    await query(`INSERT INTO server_processes (id, host, pid, release, schema)
      VALUES (gen_random_uuid(), 'other-machine', 7, '0.9.0', '0001')`);
    const { of, code } = await runDoctor(server.env);
    assert.equal(code, 4);
    assertFound(of('durability'), 'failed', /fsync is off/, /^ALTER SYSTEM SET fsync = on;$/);
    assertFound(of('durability'), 'failed', /full_page_writes is off/, /full_page_writes = on/);
    assertFound(
      of('durability'),
      'warning',
      /synchronous_commit is off/,
      /synchronous_commit = on/,
    );
    assertFound(of('version'), 'failed', /newer than release .*9998_newer/, /newer release/);
    assertFound(of('version'), 'failed', /lacks 0006_cookie_refresh_grace/, /adl migrate plan/);
    assertFound(of('version'), 'warning', /7 on other-machine runs release 0\.9\.0/, /Restart/);
    assertFound(of('version'), 'warning', /without REDIS_URL/, /same REDIS_URL/);
  });

  test('an old or weak secret, one that can go, and backups that are missing or old', async (t) => {
    const secret = 'aqaqzaqaqxaqaqwaqaqeaqaqraqaqtaqaqyaqaqu';
    const { server, query } = await startDatabaseService(t, { SECRET_KEY: secret });
    assert.equal(
      (await server.request('POST', '/api/users/register', { body: newRegistration() })).status,
      201,
    );
    const env = {
      ...server.env,
      SECRET_KEY_PREVIOUS: 'of the year before, made nothing: 8c1f55d0a2',
      BACKUP_RECIPIENTS: 'age1s2fpy9h0zgp5y85nwu680jjqnh5we03x5unsp7x87yx2jr8crytswzx2ll',
    };
    for (
      let tries = 0;
      (await query('SELECT FROM audit_chain')).length === 0 && tries < 100;
      tries += 1
    )
      await new Promise((resolve) => setTimeout(resolve, 100));
    await query("UPDATE audit_chain SET chained_at = now() - interval '400 days'");
    const { of } = await runDoctor(env);
    assertFound(of('secret'), 'warning', /holds at most \d+ bits/, /openssl rand/);
    assertFound(of('secret'), 'warning', /in use for 400 days/, /SECRET_KEY_PREVIOUS/);
    assertFound(of('secret'), 'warning', /nothing depends on SECRET_KEY_PREVIOUS/, /Remove it/);
    assertFound(of('backups'), 'failed', /none was made/, /adl backup create/);
    for (const [hours, status] of [
      [200, 'failed'],
      [30, 'failed'],
      [3, 'ok'],
    ] as const) {
      await query(`INSERT INTO backups (name, taken_at, bytes, proof_digest, verified_at)
        VALUES ('${hours}', now() - interval '${hours} hours', 1, '\\x00', now())`);
      assertFound((await runDoctor(env)).of('backups'), status, new RegExp(`${hours} hours old`));
    }
    await query('DROP TABLE backups');
    assertFound((await runDoctor(env)).of('backups'), 'skipped', /schema is older.*adl migrate/);
  });

  test('a slow database, and one that is away: the other checks go on', async (t) => {
    let proxy: Awaited<ReturnType<typeof startFaultProxy>> | undefined;
    t.after(() => proxy?.close());
    const { server, postgres } = await startDatabaseService(t, {}, async (targetPort) => {
      proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort });
      return proxy.port;
    });
    await proxy?.mode({ delayMs: 60 });
    assertFound(
      (await runDoctor(server.env)).of('database'),
      'failed',
      /takes 1\d\d\.\d ms/,
      /closer together/,
    );
    await postgres.stop('immediate');
    const { of, code, seconds } = await runDoctor(server.env);
    assert.equal(code, 4);
    assertFound(of('database'), 'failed', /./, /reachable/);
    assertFound(of('disk'), 'ok', /MiB free/);
    assert.ok(of('tls').length === 1 && seconds < 20, `${seconds} s`);
  });

  test('a clock that is wrong', { skip: withoutFaketime }, async (t) => {
    const { server } = await startDatabaseService(t);
    const ahead = async (seconds: string): Promise<Diagnosis> =>
      runDoctor({ ...server.env, FAKETIME_DONT_FAKE_MONOTONIC: '1' }, [], {
        wrapper: ['faketime', '-f', seconds],
      });
    assertFound((await ahead('+30s')).of('clock'), 'warning', /(29|30)\.\d s between/, /NTP/);
    assertFound((await ahead('-900s')).of('clock'), 'failed', /900\.\d|899\.\d/, /NTP/);
  });

  test('the embedded database is diagnosed in the server, or alone; nothing is made', async (t: TestContext) => {
    const { startUnlimited } = await import('../faults/postgres-backed.ts');
    const { existsSync } = await import('node:fs');
    const server = await startUnlimited(t, {});
    const running = await runDoctor({ ...server.env, PUBLIC_URL: server.url });
    assertFound(running.of('version'), 'ok', /on its own schema/);
    assertFound(running.of('client address'), 'ok', /seen as 127\.0\.0\.1/);
    assert.equal(running.code, 0, running.output);
    await server.terminate();
    assertFound((await runDoctor(server.env)).of('version'), 'ok', /on its own schema/);
    const DATA_DIR = `${server.env.DATA_DIR}-not-there`;
    assertFound(
      (await runDoctor({ ...server.env, DATA_DIR })).of('database'),
      'failed',
      /no embedded database/,
    );
    assert.ok(!existsSync(DATA_DIR));
  });
});

function urlFor({ server }: DatabaseService, role: string): string {
  const url = new URL(server.env.DATABASE_URL ?? '');
  url.username = encodeURIComponent(role);
  return url.href;
}
