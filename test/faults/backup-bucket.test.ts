import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adl, refusalOf } from '../adl.ts';
import { newKeyPair } from '../backup-calls.ts';
import { startBucketServer } from '../bucket-server.ts';
import { temporaryDirectory } from '../command-line.ts';
import { findFreePort } from '../free-port.ts';
import { startDatabaseService, withoutPostgres } from './postgres-backed.ts';

test('a bucket of an S3 server takes a backup in parts, lists it, and gives it back to be verified', {
  skip: withoutPostgres,
}, async (t) => {
  const bucket = await startBucketServer(t);
  const { server, query } = await startDatabaseService(t);
  // What does not compress: more than one part of eight megabytes.
  await query(
    `INSERT INTO throttles SELECT 'x', sha256(n::text::bytea), 1, now() FROM generate_series(1, 270000) AS n`,
  );
  const directory = temporaryDirectory(t);
  const { identity, recipient } = await newKeyPair();
  const key = join(directory, 'key.txt');
  writeFileSync(key, identity);
  const env: Record<string, string> = {
    ...server.env,
    ...bucket.env,
    BACKUP_RECIPIENTS: recipient,
  };
  const created = await adl(env, 'backup', 'create');
  assert.equal(created.code, 0, created.out + created.err);
  assert.ok(Number(created.result.bytes) > 2 ** 23, `${created.result.bytes}`);
  const listed = await adl(env, 'backup', 'list');
  assert.deepEqual(JSON.parse(listed.out.split('\n')[0] ?? '').name, created.result.name);
  assert.deepEqual([listed.code, listed.result.count], [0, 1]);

  // On a machine that has the identity, and no database of the service.
  const elsewhere = { ...env, DATABASE_URL: 'embedded', DATA_DIR: join(directory, 'data') };
  const verified = await adl(elsewhere, 'backup', 'verify', '--identity', key);
  assert.equal(verified.code, 0, verified.out + verified.err);
  const status = await adl(env, 'backup', 'status');
  assert.equal(status.result.newly_verified, 1, status.out + status.err);
  const names = readdirSync(join(server.env.DATA_DIR ?? '')).filter((name) =>
    name.includes('partial'),
  );
  assert.deepEqual(names, []);
});

test('a bucket that refuses or does not answer is one line, and no backup is recorded', {
  skip: withoutPostgres,
}, async (t) => {
  const bucket = await startBucketServer(t);
  const { server, query } = await startDatabaseService(t);
  const { recipient } = await newKeyPair();
  const env: Record<string, string> = {
    ...server.env,
    ...bucket.env,
    BACKUP_RECIPIENTS: recipient,
  };
  for (const [changes, expected] of [
    [{ BACKUP_S3_SECRET_ACCESS_KEY: 'another' }, /bucket refuses/],
    [{ BACKUP_S3_ACCESS_KEY_ID: 'another' }, /bucket refuses/],
    [{ BACKUP_TO: `http://127.0.0.1:${await findFreePort()}/backups` }, /bucket does not answer/],
    [{ BACKUP_TO: bucket.env.BACKUP_TO.replace('/backups/', '/nothing/') }, /bucket refuses/],
    [{ BACKUP_TO: 'http://bucket.example/backups' }, /BACKUP_TO must be/],
    [{ BACKUP_S3_ACCESS_KEY_ID: '' }, /are required where BACKUP_TO is a bucket/],
  ] as const) {
    const ran = await adl({ ...env, ...changes }, 'backup', 'create');
    const said = refusalOf(ran);
    assert.match(said, expected);
    assert.ok(ran.code !== 0 && !said.includes('\n'), said);
    assert.doesNotMatch(ran.out + ran.err, /S3RVER/);
  }
  assert.equal((await query('SELECT FROM backups')).length, 0);
});
