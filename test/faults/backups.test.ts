import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { adl, refusalOf } from '../adl.ts';
import { newKeyPair } from '../backup-calls.ts';
import { temporaryDirectory } from '../command-line.ts';
import { startDatabaseService, startUnlimited, withoutPostgres } from './postgres-backed.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const body = { username: 'ada', email: 'ada@example.com', password: 'violet harbour anvil 93' };

type Tokens = { access_token: string; refresh_token: string };

async function signIn(server: ServerProcess): Promise<Tokens> {
  const { username, password } = body;
  const answer = await server.request<Tokens>('POST', '/api/users/login', {
    body: { username, password },
  });
  assert.equal(answer.status, 200);
  return answer.body;
}

function statusOfMe(server: ServerProcess, { access_token: token }: Tokens): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return server.request('GET', '/api/users/me', { headers }).then(({ status }) => status);
}

/** A place for backups, and the key that reads them. */
async function backupPlace(t: TestContext) {
  const directory = temporaryDirectory(t);
  const { identity, recipient } = await newKeyPair();
  const key = join(directory, 'key.txt');
  writeFileSync(key, `${identity}\n`, { mode: 0o600 });
  return {
    directory,
    key,
    env: { BACKUP_TO: join(directory, 'backups'), BACKUP_RECIPIENTS: recipient },
  };
}

test('a backup of PostgreSQL is restored into the embedded database, and serves', {
  skip: withoutPostgres,
}, async (t) => {
  const { directory, key, env: place } = await backupPlace(t);
  const { server, postgres } = await startDatabaseService(t);
  const env: Record<string, string> = { ...server.env, ...place };
  assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  const tokens = await signIn(server);
  const created = await adl(env, 'backup', 'create');
  assert.equal(created.code, 0, created.err);
  const name = String(created.result.name);

  // On the server's own PostgreSQL the role must be allowed to make a database.
  const denied = await adl(env, 'backup', 'verify', '--identity', key);
  assert.equal(denied.code, 5);
  assert.match(refusalOf(denied), /role may not create.*CREATEDB/);
  await postgres.query('ALTER ROLE service CREATEDB');
  const verified = await adl(env, 'backup', 'verify', '--identity', key);
  assert.equal(verified.code, 0, verified.out + verified.err);
  assert.equal(verified.result.canary, 'signed in');
  const databases = await postgres.query(
    "SELECT FROM pg_database WHERE datname LIKE 'adl_verify%'",
  );
  assert.equal(databases.length, 0);
  const status = await adl(env, 'backup', 'status');
  assert.equal(status.result.last_verified, created.result.taken_at, status.err);

  const beside = await adl(env, 'backup', 'restore', name, '--identity', key);
  assert.equal(beside.code, 5);
  assert.match(refusalOf(beside), /a server is connected to it\. Stop all servers/);
  await server.terminate();
  const full = await adl(env, 'backup', 'restore', name, '--identity', key);
  assert.equal(full.code, 3);
  assert.match(refusalOf(full), /database is not empty/);

  const { DATABASE_URL: _, ...embedded } = env;
  const elsewhere = { ...embedded, DATA_DIR: join(directory, 'data') };
  const restored = await adl(elsewhere, 'backup', 'restore', name, '--identity', key);
  assert.equal(restored.code, 0, restored.out + restored.err);
  const second = await startServer(t, { env: elsewhere, readyTimeoutMs: 60_000 });
  assert.equal(await statusOfMe(second, tokens), 401);
  assert.equal(await statusOfMe(second, await signIn(second)), 200);
});

test('a backup through the running embedded server is restored into PostgreSQL and DATA_DIR', {
  skip: withoutPostgres,
}, async (t) => {
  const { directory, key, env: place } = await backupPlace(t);
  const server = await startUnlimited(t, place, { readyTimeoutMs: 60_000 });
  assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  const tokens = await signIn(server);
  const created = await adl(server.env, 'backup', 'create');
  assert.equal(created.code, 0, created.out + created.err);
  const name = String(created.result.name);
  const verified = await adl(server.env, 'backup', 'verify', '--identity', key);
  assert.equal(verified.code, 0, verified.out + verified.err);

  const beside = await adl(server.env, 'backup', 'restore', name, '--identity', key);
  assert.equal(beside.code, 5);
  assert.match(refusalOf(beside), /a server has DATA_DIR open\. Stop it first/);
  await server.terminate();
  const full = await adl(server.env, 'backup', 'restore', name, '--identity', key);
  assert.match(refusalOf(full), /there is one in .*Move its folder postgres away/);

  const fresh = { ...server.env, DATA_DIR: join(directory, 'data') };
  const path = join(place.BACKUP_TO, name);
  const restored = await adl(fresh, 'backup', 'restore', path, '--identity', key);
  assert.equal(restored.code, 0, restored.out + restored.err);
  assert.deepEqual(readdirSync(join(directory, 'data')).includes('restoring'), false);
  const second = await startServer(t, { env: fresh, readyTimeoutMs: 60_000 });
  assert.equal(await statusOfMe(second, tokens), 401);
  assert.equal(await statusOfMe(second, await signIn(second)), 200);
  await second.terminate();

  const service = await startDatabaseService(t, { SECRET_KEY: server.env.SECRET_KEY ?? '' });
  await service.server.terminate();
  await service.postgres.query('DROP DATABASE adl');
  await service.postgres.query('CREATE DATABASE adl OWNER service');
  const moved = { ...service.server.env, ...place };
  const onPostgres = await adl(moved, 'backup', 'restore', name, '--identity', key);
  assert.equal(onPostgres.code, 0, onPostgres.out + onPostgres.err);
  const third = await startServer(t, { env: moved });
  assert.equal(await statusOfMe(third, tokens), 401);
  assert.equal(await statusOfMe(third, await signIn(third)), 200);
});

test('each wrong place, key and password is one line and an exit code, and changes nothing', {
  skip: withoutPostgres,
}, async (t) => {
  const { directory, key, env: place } = await backupPlace(t);
  const { server } = await startDatabaseService(t);
  const env: Record<string, string> = { ...server.env, ...place };
  const say = async (changes: Record<string, string>, ...words: string[]) => {
    const ran = await adl({ ...env, ...changes }, 'backup', ...words);
    const said = refusalOf(ran);
    assert.ok(
      ran.code !== 0 && !said.includes('\n') && !said.includes('    at '),
      `${ran.code} ${said}`,
    );
    return said;
  };
  const wrong = new URL(env.DATABASE_URL ?? '');
  wrong.password = 'wrong';
  assert.match(await say({ DATABASE_URL: wrong.href }, 'create'), /credentials were refused/);
  wrong.port = '1';
  assert.match(await say({ DATABASE_URL: wrong.href }, 'create'), /not reachable/);
  assert.match(await say({ BACKUP_RECIPIENTS: '' }, 'create'), /BACKUP_RECIPIENTS is not set/);
  assert.match(
    await say({ BACKUP_RECIPIENTS: 'age1mistyped' }, 'create'),
    /BACKUP_RECIPIENTS must be/,
  );
  assert.match(
    await say({ BACKUP_TO: `${key}/backups` }, 'create'),
    /place of the backups.*correct BACKUP_TO/,
  );
  assert.match(
    await say({}, 'verify', '--identity', key),
    /There is no backup in .*correct BACKUP_TO/,
  );
  assert.match(
    await say({}, 'verify', '--identity', join(directory, 'none')),
    /file of --identity/,
  );
  const { result } = await adl(env, 'backup', 'create');
  const other = join(directory, 'other.txt');
  writeFileSync(other, `${(await newKeyPair()).identity}\n`);
  assert.match(
    await say({ DATABASE_URL: 'embedded' }, 'verify', '--identity', other),
    /identity is not one/,
  );
  const none = 'adl-00000000-20200101T000000000Z.sql.gz.age';
  const nowhere = { DATABASE_URL: 'embedded', DATA_DIR: join(directory, 'nowhere') };
  assert.match(await say(nowhere, 'restore', none, '--identity', key), /no such backup/);
  const strange = { ...nowhere, SECRET_KEY: 'b3RoZXIga2V5IG9mIHRoZSB0ZXN0cywgYW5vdGhlciBvbmUh' };
  assert.match(
    await say(strange, 'restore', String(result.name), '--identity', key),
    /of another deployment/,
  );
  assert.ok(!existsSync(join(directory, 'nowhere/postgres')));
});

test('a full disk is one line and leaves no part of a backup', {
  skip: withoutPostgres,
}, async (t) => {
  const { env: place } = await backupPlace(t);
  const { server, query } = await startDatabaseService(t);
  await query(
    `INSERT INTO throttles SELECT 'x', sha256(n::text::bytea), 1, now() FROM generate_series(1, 20000) AS n`,
  );
  const small = mkdtempSync(join(tmpdir(), 'adl-small-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'adl-test', small]);
  t.after(() => {
    execFileSync('umount', [small]);
    rmSync(small, { recursive: true });
  });
  const full = await adl({ ...server.env, ...place, BACKUP_TO: small }, 'backup', 'create');
  assert.equal(full.code, 3);
  assert.match(refusalOf(full), /no space left: make room/);
  assert.deepEqual(readdirSync(small), []);
  assert.equal((await query('SELECT FROM backups')).length, 0);
});

test('a restore that is killed leaves an empty database, which the next one fills', {
  skip: withoutPostgres,
}, async (t) => {
  const { key, env: place } = await backupPlace(t);
  const { server, postgres, query } = await startDatabaseService(t);
  await query(
    `INSERT INTO throttles SELECT 'x', sha256(n::text::bytea), 1, now() FROM generate_series(1, 50000) AS n`,
  );
  const env: Record<string, string> = { ...server.env, ...place };
  const { result } = await adl(env, 'backup', 'create');
  await server.terminate();
  await postgres.query('DROP DATABASE adl');
  await postgres.query('CREATE DATABASE adl OWNER service');
  const program = join(import.meta.dirname, '../../bin/adl');
  const words = ['backup', 'restore', String(result.name), '--identity', key];
  const child = spawn(program, words, { env, stdio: 'ignore' });
  const gone = once(child, 'exit');
  const isCopying = async () =>
    (
      await query(
        "SELECT FROM pg_stat_activity WHERE query LIKE 'COPY %throttles%' AND datname = 'adl'",
      )
    ).length > 0;
  while (child.exitCode === null && !(await isCopying())) await sleep(2);
  assert.equal(child.exitCode, null);
  child.kill('SIGKILL');
  await gone;
  const tables =
    "SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('public', 'jobs')";
  assert.equal((await query(tables)).length, 0);
  const again = await adl(env, ...words);
  assert.equal(again.code, 0, again.out + again.err);
  assert.deepEqual(await query('SELECT count(*)::int AS count FROM throttles'), [
    { count: 50_000 },
  ]);
});
