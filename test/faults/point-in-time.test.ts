import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adl } from '../adl.ts';
import { temporaryDirectory } from '../command-line.ts';
import { startPrivatePostgres } from '../postgres/private-postgres.ts';
import { eventually } from './eventually.ts';
import { startUnlimited, withoutPostgres } from './postgres-backed.ts';
import { startServer } from './server-process.ts';

const password = 'violet harbour anvil 93';
const person = (name: string) => ({ username: name, email: `${name}@example.com`, password });

type Tokens = { access_token: string; refresh_token: string };

test('PostgreSQL goes back to a second by its archived log; what was signed out after it stays dead', {
  skip: withoutPostgres,
}, async (t) => {
  const archive = temporaryDirectory(t);
  const [wal, base] = [join(archive, 'wal'), join(archive, 'base')];
  const settings = {
    archive_mode: 'on',
    archive_command: `test ! -f ${wal}/%f && cp %p ${wal}/%f`,
  };
  const postgres = await startPrivatePostgres({ settings });
  t.after(() => postgres.destroy());
  const { uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0 } = postgres.account;
  mkdirSync(wal);
  for (const path of [archive, wal]) chownSync(path, uid, gid);
  await postgres.query("CREATE ROLE service LOGIN PASSWORD 'of the tests'");
  await postgres.query('CREATE DATABASE adl OWNER service');
  const url = postgres.url('adl', 'service', 'of the tests');
  const server = await startUnlimited(t, { DATABASE_URL: url });
  const register = async (name: string) =>
    assert.equal(
      (await server.request('POST', '/api/users/register', { body: person(name) })).status,
      201,
    );

  await register('before.base');
  const superuser = new URL(postgres.url());
  const place = { env: { PATH: process.env.PATH, PGPASSWORD: superuser.password } };
  const where = ['-h', '127.0.0.1', '-p', superuser.port, '-U', superuser.username];
  const pgBaseBackup = join(postgres.binaries, 'pg_basebackup');
  execFileSync(pgBaseBackup, ['-D', base, '-X', 'none', '-c', 'fast', ...where], place);

  await register('after.base');
  const credentials = { username: 'after.base', password };
  const { body: tokens } = await server.request<Tokens>('POST', '/api/users/login', {
    body: credentials,
  });
  const [moment] = await postgres.query(
    "SELECT to_char(now(), 'YYYY-MM-DD HH24:MI:SS.US OF') AS time",
  );
  const signedOut = { refresh_token: tokens.refresh_token };
  assert.equal(
    (await server.request('POST', '/api/users/logout', { body: signedOut })).status,
    204,
  );
  await register('too.late');
  await postgres.query('DELETE FROM users', 'adl');
  const [last] = await postgres.query('SELECT pg_walfile_name(pg_switch_wal()) AS name');
  const isArchived = async () => {
    const [archiver] = await postgres.query(
      'SELECT last_archived_wal AS name FROM pg_stat_archiver',
    );
    return String(archiver?.name) >= String(last?.name);
  };
  await eventually('the log is archived', isArchived, 30_000);
  await server.terminate();
  await postgres.stop('fast');

  const started = performance.now();
  rmSync(postgres.dataDirectory, { recursive: true });
  execFileSync('cp', ['-a', base, postgres.dataDirectory]);
  const recovery = [
    `restore_command = 'cp ${wal}/%f %p'`,
    `recovery_target_time = '${String(moment?.time)}'`,
    "recovery_target_action = 'promote'",
    "archive_mode = 'off'",
  ];
  appendFileSync(join(postgres.dataDirectory, 'postgresql.conf'), `${recovery.join('\n')}\n`);
  writeFileSync(join(postgres.dataDirectory, 'recovery.signal'), '');
  execFileSync('chown', ['-R', `${uid}:${gid}`, postgres.dataDirectory]);
  execFileSync('chmod', ['700', postgres.dataDirectory]);
  await postgres.start();
  const isPrimary = async () =>
    (await postgres.query('SELECT pg_is_in_recovery() AS is'))[0]?.is === false;
  await eventually('the recovery is over', isPrimary, 30_000);

  // The danger: the database has forgotten that the session was ended.
  const alive = 'SELECT count(*)::int AS count FROM sessions WHERE revoked_at IS NULL';
  assert.deepEqual(await postgres.query(alive, 'adl'), [{ count: 1 }]);
  const recovered = await adl(server.env, 'backup', 'recovered');
  assert.equal(recovered.code, 0, recovered.out + recovered.err);
  t.diagnostic(
    `back at ${moment?.time} in ${((performance.now() - started) / 1000).toFixed(1)} s: ${recovered.out}`,
  );
  const again = await startServer(t, { env: server.env });
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  assert.equal((await again.request('GET', '/api/users/me', { headers })).status, 401);
  assert.equal(
    (await again.request('POST', '/api/users/refresh', { body: signedOut })).status,
    401,
  );
  const statusOf = async (username: string) =>
    (await again.request('POST', '/api/users/login', { body: { username, password } })).status;
  assert.deepEqual(
    await Promise.all(['before.base', 'after.base', 'too.late'].map(statusOf)),
    [200, 200, 401],
  );
});
