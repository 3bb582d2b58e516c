import assert from 'node:assert/strict';
import { readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import type { BackupPlace } from '../../src/operations/backup/backup-places.ts';
import { listBackups } from '../../src/operations/backup/list-backups.ts';
import { openBackup } from '../../src/operations/backup/load-backup.ts';
import { readStatus, runBackup } from '../../src/operations/backup/run-backup.ts';
import { verifyBackup } from '../../src/operations/backup/verify-backup.ts';
import { createDatabase } from '../../src/platform/database/database.ts';
import { durations } from '../../src/platform/durations.ts';
import { chainedEvents } from '../audit-chain-calls.ts';
import { emptyEngine, openBackups, serveRestored } from '../backup-calls.ts';
import { registeredUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

async function verify(t: TestContext, service: TestApp, place: BackupPlace, identity: string) {
  const engine = await emptyEngine(t);
  const { keys } = service;
  const db = createDatabase(engine.pool, () => {});
  const openService = async () => (await serveRestored(t, service, engine)).deps;
  const script = await openBackup(place, [identity]);
  return verifyBackup({ engine, db, keys, openService }, place, script, {
    acceptsOtherKeys: false,
  });
}

async function metric(service: TestApp, name: string): Promise<number> {
  const { text } = await service.api.get('/metrics');
  return Number(new RegExp(`^adl_backup_${name}_timestamp_seconds (\\S+)$`, 'm').exec(text)?.[1]);
}

test('a verification signs in, leaves a receipt, and the metrics tell of it', async (t) => {
  const service = await createTestApp(t);
  const { deps, store, identity } = await openBackups(t, service);
  await chainedEvents(service, 5);
  assert.deepEqual([await metric(service, 'last'), await metric(service, 'last_verified')], [0, 0]);
  const { name, taken_at: takenAt } = await runBackup(deps, service.hasher);
  const seconds = Date.parse(takenAt) / 1000;
  assert.deepEqual(
    [await metric(service, 'last'), await metric(service, 'last_verified')],
    [seconds, 0],
  );
  const verified = await verify(t, service, { store, name }, identity);
  assert.equal(verified.canary, 'signed in');
  assert.ok(verified.audit_entries >= 5 && verified.rows > 10);
  assert.deepEqual(
    (await listBackups(store)).map(({ is_verified: is }) => is),
    [true],
  );
  assert.equal((await readStatus(deps)).newly_verified, 1);
  assert.equal(await metric(service, 'last_verified'), seconds);
});

test('a receipt without the secret of the backup is no verification', async (t) => {
  const service = await createTestApp(t);
  const { deps, folder } = await openBackups(t, service);
  const { name } = await runBackup(deps, service.hasher);
  const receipts = [
    '{}',
    'no json',
    JSON.stringify({ proof: 'x'.repeat(32), verified_at: new Date().toISOString() }),
  ];
  for (const receipt of receipts) {
    writeFileSync(join(folder, `${name}.verified.json`), receipt);
    assert.equal((await readStatus(deps)).newly_verified, 0);
  }
  assert.equal(await metric(service, 'last_verified'), 0);
  assert.match(service.logs(), /receipt of a verification is not genuine/);
});

test('a backup whose audit log was changed before it was made does not pass', async (t) => {
  const service = await createTestApp(t);
  const { identity, create } = await openBackups(t, service);
  const [, second] = await chainedEvents(service, 3);
  await sql`UPDATE audit_events SET event = 'sign_out' WHERE id = ${second?.event_id}`.execute(
    service.db,
  );
  const backup = await create();
  await assert.rejects(verify(t, service, backup, identity), /audit chain of the backup is broken/);
  assert.deepEqual(
    (await listBackups(backup.store)).map(({ is_verified: is }) => is),
    [false],
  );
});

test('old backups are deleted but the newest seven and the last verified, and none of others', async (t) => {
  const service = await createTestApp(t);
  const { deps, store, folder, identity } = await openBackups(t, service);
  const first = await runBackup(deps, service.hasher);
  await verify(t, service, { store, name: first.name }, identity);
  const foreign = 'adl-00000000-20200101T000000000Z.sql.gz.age';
  writeFileSync(join(folder, foreign), 'of another deployment');
  writeFileSync(join(folder, 'notes.txt'), 'of the operator');
  for (let day = 0; day < 9; day += 1) {
    await service.clock.advance(durations.days(1));
    await runBackup(deps, service.hasher);
  }
  assert.equal((await listBackups(store)).length, 11);
  await service.clock.advance(durations.days(31));
  const { pruned } = await runBackup(deps, service.hasher);
  assert.equal(pruned, 3);
  const left = (await listBackups(store)).map(({ name }) => name);
  assert.equal(left.length, 9);
  assert.ok(left.includes(foreign) && left.includes(first.name));
  assert.ok(readdirSync(folder).includes('notes.txt'));
  const rows = await service.db.selectFrom('backups').select('name').execute();
  assert.equal(rows.length, 8);
});

test('what a killed backup left is removed a day later, and never a new one', async (t) => {
  const service = await createTestApp(t);
  const { deps, folder, create } = await openBackups(t, service);
  await create();
  const [old, fresh] = [join(folder, '.old.partial'), join(folder, '.fresh.partial')];
  for (const path of [old, fresh]) writeFileSync(path, 'half');
  const yesterday = new Date(Date.now() - 25 * 3600 * 1000);
  utimesSync(old, yesterday, yesterday);
  await runBackup(deps, service.hasher);
  const names = readdirSync(folder);
  assert.deepEqual(
    [names.includes('.old.partial'), names.includes('.fresh.partial')],
    [false, true],
  );
  rmSync(fresh);
});

test('requests made while a backup is written are served, and are not in it', async (t) => {
  const service = await createTestApp(t);
  const { deps, store, identity } = await openBackups(t, service);
  await registeredUser(service);
  const [{ name }] = await Promise.all([runBackup(deps, service.hasher), registeredUser(service)]);
  const script = await openBackup({ store, name }, [identity]);
  for await (const { rows } of script.tables()) for await (const _ of rows);
  assert.equal(script.header.key_ids[0], service.keys.current.kid);
  const users = script.trailer().tables.find((table) => table.name === 'users')?.rows;
  assert.ok(users === 1 || users === 2);
});
