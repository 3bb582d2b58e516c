import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { emptyEngine, newKeyPair, openBackups, restore, serveRestored } from '../../../test/backup-calls.ts';
import { chainedEvents } from '../../../test/audit-chain-calls.ts';
import { registeredUser, signedInAdmin } from '../../../test/factories.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { rowsWith } from '../../../test/whole-database.ts';
import { verifyAuditChain } from '../../domain/audit/verify-audit-chain.ts';
import { encryptTo } from '../../platform/age/age-stream.ts';
import { createDatabase, type Database, type DatabaseEngine } from '../../platform/database/database.ts';
import { AppError } from '../../platform/errors.ts';
import { createFolderStore } from '../../platform/file-stores/folder-store.ts';
import { explained } from './backup-fault.ts';
import { isEmpty } from './list-tables.ts';

const hostile = 'tab\there, line\nhere, back\\slash, \\. and \u{1f512} "quotes"';

/** All rows of the tables that a restore does not change, in any order. */
async function rowsOf(db: Database): Promise<string[]> {
  const tables = ['users', 'admins', 'throttles', 'user_counts', 'sign_in_counts', 'audit_chain'];
  const rows: string[] = [];
  for (const table of tables) {
    const found = await sql<{ row: string }>`SELECT to_jsonb(t)::text AS row FROM ${sql.table(table)} AS t`.execute(db);
    rows.push(...found.rows.map(({ row }) => `${table} ${row}`));
  }
  return rows.toSorted();
}

async function populated(service: TestApp): Promise<void> {
  await chainedEvents(service, 5);
  await signedInAdmin(service);
  const user = await registeredUser(service, { fullName: 'Ada' });
  const metadata = JSON.stringify({ note: hostile });
  await service.db.updateTable('users').set({ full_name: hostile, metadata }).where('id', '=', user.id).execute();
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
  const { rows } = await sql<{ event: string }>`SELECT event FROM audit_events ORDER BY id DESC LIMIT 1`.execute(db);
  assert.deepEqual(rows, [{ event: 'database_restored' }]);
  assert.equal((await api.get('/health')).status, 200);
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

test("Debian's age and gunzip read a backup: it is a script for psql", { skip: withoutAge }, async (t) => {
  const service = await createTestApp(t);
  const { folder, identity, create } = await openBackups(t, service);
  const { email } = await registeredUser(service);
  const { name } = await create();
  const key = join(folder, 'key.txt');
  writeFileSync(key, `# a comment\n${identity}\n`);
  const command = 'age -d -i "$0" "$1" | gunzip';
  const { stdout, status } = spawnSync('sh', ['-c', command, key, join(folder, name)], { encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /^-- adl-backup\/1 \{.*\}\nBEGIN;\n/);
  assert.match(stdout, /\nCOPY public\."users" \("id", "username", .*\) FROM stdin;\n/);
  assert.match(stdout, /\nCOMMIT;\n-- adl-backup-end \{.*\}\n$/);
  assert.ok(stdout.includes(email));
});

/** The refusal, which must be one line; the database must be empty afterwards. */
async function refusal(engine: DatabaseEngine, attempt: () => Promise<unknown>): Promise<string> {
  const error = await attempt().then(
    () => null,
    (thrown: unknown) => explained(thrown),
  );
  assert.ok(error instanceof AppError, String(error));
  const connection = await engine.openMigrationConnection();
  assert.ok(await isEmpty(connection));
  await connection.close();
  return error.message;
}

test('a backup that was cut or changed anywhere restores nothing', async (t) => {
  const service = await createTestApp(t);
  const { folder, identity, create } = await openBackups(t, service);
  await populated(service);
  const { name } = await create();
  const whole = readFileSync(join(folder, name));
  const engine = await emptyEngine(t);
  const store = createFolderStore(folder);
  const attempt = (content: Buffer) => {
    writeFileSync(join(folder, 'changed'), content);
    return refusal(engine, () => restore(service, engine, { store, name: 'changed' }, identity));
  };
  const lengths = [0, 1, 20, 150, 250, Math.floor(whole.length / 2), whole.length - 17, whole.length - 1];
  for (const length of lengths) assert.match(await attempt(whole.subarray(0, length)), /truncated|no backup/, `${length}`);
  for (const at of [30, 120, 260, Math.floor(whole.length / 2), whole.length - 1]) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.match(await attempt(changed), /truncated|no backup|not one that/, `${at}`);
  }
});

test('another identity, another SECRET_KEY and a database that is not empty are refused', async (t) => {
  const service = await createTestApp(t);
  const { identity, create } = await openBackups(t, service);
  const backup = await create();
  const engine = await emptyEngine(t);
  const other = await newKeyPair();
  assert.match(await refusal(engine, () => restore(service, engine, backup, other.identity)), /identity is not one/);
  const stranger = await createTestApp(t, { SECRET_KEY: 'b3RoZXIga2V5IG9mIHRoZSB0ZXN0cywgYW5vdGhlciBvbmUh' });
  assert.match(
    await refusal(engine, () => restore(stranger, engine, backup, identity)),
    /^The backup is of another deployment \([0-9a-f-]{36}, .*SECRET_KEY/,
  );
  await restore(stranger, engine, backup, identity, { acceptsOtherKeys: true });
  await assert.rejects(restore(service, engine, backup, identity), /database is not empty/);
});

test('a backup of a newer release is refused, and so is one of a newer database', async (t) => {
  const service = await createTestApp(t);
  const { folder, store, identity, create } = await openBackups(t, service);
  const engine = await emptyEngine(t);
  const { recipient } = await newKeyPair();
  const header = {
    release: '9.0.0',
    deployment: '0198d1c4-6c3e-7e2f-8e51-2f4b7a0c9d11',
    public_url: 'https://a.example',
    taken_at: '2026-01-01T00:00:00.000Z',
    engine: 'PostgreSQL',
    key_ids: [service.keys.current.kid],
    migrations: ['0001_users', '9999_of_the_future'],
  };
  assert.ok(recipient !== identity);
  mkdirSync(folder, { recursive: true });
  await writeCrafted(t, store, identity, `-- adl-backup/1 ${JSON.stringify(header)}\nBEGIN;\n`);
  const place = { store, name: 'crafted' };
  assert.match(await refusal(engine, () => restore(service, engine, place, identity)), /9\.0\.0, which is newer/);
  await sql`INSERT INTO schema_migrations (name, sha256) VALUES ('9999_of_the_future', '')`.execute(service.db);
  t.after(() => sql`DELETE FROM schema_migrations WHERE name LIKE '9999%'`.execute(service.db));
  await assert.rejects(create(), /9999_of_the_future of a newer release/);
});

async function writeCrafted(
  _t: unknown,
  store: ReturnType<typeof createFolderStore>,
  identity: string,
  script: string,
): Promise<void> {
  const { identityToRecipient } = await import('age-encryption');
  const { gzipSync } = await import('node:zlib');
  async function* content() {
    yield gzipSync(script);
  }
  await store.write('crafted', encryptTo([await identityToRecipient(identity)], content()));
}

test('a script names tables and columns of the service, or nothing of it is used', async (t) => {
  const service = await createTestApp(t);
  const { store, identity, create, folder } = await openBackups(t, service);
  await create();
  const engine = await emptyEngine(t);
  const connection = await service.deps.engine.openMigrationConnection();
  const rows = await connection.query('SELECT name FROM schema_migrations ORDER BY name');
  await connection.close();
  const header = {
    release: '1.0.0',
    deployment: '0198d1c4-6c3e-7e2f-8e51-2f4b7a0c9d11',
    public_url: 'https://a.example',
    taken_at: '2026-01-01T00:00:00.000Z',
    engine: 'PostgreSQL',
    key_ids: [service.keys.current.kid],
    migrations: rows.map(({ name }) => String(name)),
  };
  const start = `-- adl-backup/1 ${JSON.stringify(header)}\nBEGIN;\n`;
  for (const [at, body] of [
    'DROP TABLE users;\n',
    'COPY public."pg_authid" ("rolname") FROM stdin;\n\\.\n',
    'COPY public."users" ("id", "no_such_column") FROM stdin;\n\\.\n',
    'COPY public."schema_migrations" ("name", "sha256") FROM stdin;\nx\ty\n\\.\n',
  ].entries()) {
    const name = `crafted${at}`;
    await writeCrafted(t, { ...store, write: (_, content) => store.write(name, content) }, identity, start + body);
    assert.match(await refusal(engine, () => restore(service, engine, { store, name }, identity)), /truncated or damaged/);
  }
  assert.ok(readdirSync(folder).length > 4);
});

test('without a recipient there is no backup, and a full or missing place leaves nothing', async (t) => {
  const service = await createTestApp(t);
  const { deps, store, folder } = await openBackups(t, service);
  const { createBackup } = await import('./create-backup.ts');
  const without = { ...deps, config: { ...deps.config, backup: { ...deps.config.backup, recipients: [] } } };
  await assert.rejects(createBackup(without, store, service.hasher), /BACKUP_RECIPIENTS is not set/);
  const failing = {
    ...store,
    write: async (_name: string, content: AsyncIterable<Uint8Array>) => {
      for await (const _chunk of content) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return 0;
    },
  };
  await assert.rejects(createBackup(deps, failing, service.hasher), /no space left/);
  assert.deepEqual(await service.db.selectFrom('backups').selectAll().execute(), []);
  // The connection is free again.
  await registeredUser(service);
  assert.throws(() => readdirSync(folder), /ENOENT/);
});
