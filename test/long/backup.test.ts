import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { verifyAuditChain } from '../../src/domain/audit/verify-audit-chain.ts';
import { createDatabase, type Database } from '../../src/platform/database/database.ts';
import { chainedEvents } from '../audit-chain-calls.ts';
import { emptyEngine, openBackups, restore, serveRestored } from '../backup-calls.ts';
import { registeredUser, signedInAdmin } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { rowsWith } from '../whole-database.ts';

const hostile = 'tab\there, line\nhere, back\\slash, \\. and \u{1f512} "quotes"';

/** All rows of the tables that a restore does not change, in any order. */
async function rowsOf(db: Database): Promise<string[]> {
  const tables = ['users', 'admins', 'throttles', 'user_counts', 'sign_in_counts', 'audit_chain'];
  const rows: string[] = [];
  for (const table of tables) {
    const found = await sql<{
      row: string;
    }>`SELECT to_jsonb(t)::text AS row FROM ${sql.table(table)} AS t`.execute(db);
    rows.push(...found.rows.map(({ row }) => `${table} ${row}`));
  }
  return rows.toSorted();
}

async function populated(service: TestApp): Promise<void> {
  await chainedEvents(service, 5);
  await signedInAdmin(service);
  const user = await registeredUser(service, { fullName: 'Ada' });
  const metadata = JSON.stringify({ note: hostile });
  await service.db
    .updateTable('users')
    .set({ full_name: hostile, metadata })
    .where('id', '=', user.id)
    .execute();
  await service.tidyUp();
}

test('a restored database has every row as it was, and the audit chain is whole', async (t) => {
  const service = await createTestApp(t);
  const { identity, create } = await openBackups(t, service);
  await populated(service);
  const before = await rowsOf(service.db);
  const backup = await create();
  const engine = await emptyEngine(t);
  await restore(service, engine, backup, identity);
  const { db, api } = await serveRestored(t, service, engine);
  assert.deepEqual(await rowsOf(db), before);
  const { ok, entries } = await verifyAuditChain({ db, keys: service.keys });
  assert.deepEqual([ok, entries > 4], [true, true]);
  const { rows } = await sql<{
    event: string;
  }>`SELECT event FROM audit_events ORDER BY id DESC LIMIT 1`.execute(db);
  assert.deepEqual(rows, [{ event: 'database_restored' }]);
  assert.equal((await api.get('/health')).status, 200);
});

/** Everything that migrations made: columns, indexes and how they are measured, triggers. */
async function schemaOf(db: Database): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT 'index' AS kind, indexdef AS text FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT 'trigger', tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT 'statistics', attrelid::regclass || ' ' || attname || ' ' || attstattarget FROM pg_attribute
        WHERE attstattarget > 0 AND attrelid::regclass::text NOT LIKE 'pg_%'
     UNION ALL SELECT 'column', table_name || '.' || column_name || ' ' || data_type
        FROM information_schema.columns WHERE table_schema = 'public'
     ORDER BY kind, text`.execute(db);
  return rows;
}

test('a restored database has the schema of the migrations, each index and trigger included', async (t) => {
  const service = await createTestApp(t);
  const { identity, create } = await openBackups(t, service);
  const backup = await create();
  const engine = await emptyEngine(t);
  await restore(service, engine, backup, identity);
  const restored = await schemaOf(createDatabase(engine.pool, () => {}));
  assert.ok(restored.length > 100 && JSON.stringify(restored).includes('users_search'));
  assert.deepEqual(restored, await schemaOf(service.db));
});

test('the account of the verification is in no database', async (t) => {
  const service = await createTestApp(t);
  const { identity, create } = await openBackups(t, service);
  const backup = await create();
  const engine = await emptyEngine(t);
  await restore(service, engine, backup, identity);
  for (const db of [service.db, createDatabase(engine.pool, () => {})])
    assert.deepEqual(await rowsWith(db, ['canary']), []);
});

test('a backup is for its owner alone, and shows nothing of what is in it', async (t) => {
  const service = await createTestApp(t);
  const { folder, create } = await openBackups(t, service);
  const { email } = await registeredUser(service);
  const { name } = await create();
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), [name]);
  const content = readFileSync(join(folder, name));
  assert.match(content.subarray(0, 22).toString(), /^age-encryption\.org\/v1\n/);
  assert.ok(!content.includes(email) && !content.includes('COPY'));
});

const withoutAge = spawnSync('age', ['--version']).error ? 'age is not installed' : false;

test("Debian's age and gunzip read a backup: it is a script for psql", {
  skip: withoutAge,
}, async (t) => {
  const service = await createTestApp(t);
  const { folder, identity, create } = await openBackups(t, service);
  const { email } = await registeredUser(service);
  const { name } = await create();
  const key = join(folder, 'key.txt');
  writeFileSync(key, `# a comment\n${identity}\n`);
  const command = 'age -d -i "$0" "$1" | gunzip';
  const { stdout, status } = spawnSync('sh', ['-c', command, key, join(folder, name)], {
    encoding: 'utf8',
  });
  assert.equal(status, 0);
  assert.match(stdout, /^-- adl-backup\/1 \{.*\}\nBEGIN;\n/);
  assert.match(stdout, /\nCOPY public\."users" \("id", "username", .*\) FROM stdin;\n/);
  assert.match(stdout, /\nCOMMIT;\n-- adl-backup-end \{.*\}\n$/);
  assert.ok(stdout.includes(email));
});
