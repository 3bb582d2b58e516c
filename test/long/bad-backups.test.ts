import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { identityToRecipient } from 'age-encryption';
import { sql } from 'kysely';
import { explained } from '../../src/operations/backup/backup-fault.ts';
import { createBackup } from '../../src/operations/backup/create-backup.ts';
import { isEmpty } from '../../src/operations/backup/list-tables.ts';
import { encryptTo } from '../../src/platform/age/age-stream.ts';
import type { DatabaseEngine } from '../../src/platform/database/database.ts';
import { AppError } from '../../src/platform/errors.ts';
import { createFolderStore } from '../../src/platform/file-stores/folder-store.ts';
import { emptyEngine, newKeyPair, openBackups, restore } from '../backup-calls.ts';
import { registeredUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

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
  await registeredUser(service);
  const { name } = await create();
  const whole = readFileSync(join(folder, name));
  const engine = await emptyEngine(t);
  const store = createFolderStore(folder);
  const attempt = (content: Buffer) => {
    writeFileSync(join(folder, 'changed'), content);
    return refusal(engine, () => restore(service, engine, { store, name: 'changed' }, identity));
  };
  const lengths = [
    0,
    1,
    20,
    150,
    250,
    Math.floor(whole.length / 2),
    whole.length - 17,
    whole.length - 1,
  ];
  for (const length of lengths)
    assert.match(await attempt(whole.subarray(0, length)), /truncated|no backup/, `${length}`);
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
  assert.match(
    await refusal(engine, () => restore(service, engine, backup, other.identity)),
    /identity is not one/,
  );
  const stranger = await createTestApp(t, {
    SECRET_KEY: 'b3RoZXIga2V5IG9mIHRoZSB0ZXN0cywgYW5vdGhlciBvbmUh',
  });
  assert.match(
    await refusal(engine, () => restore(stranger, engine, backup, identity)),
    /^The backup is of another deployment \([0-9a-f-]{36}, .*SECRET_KEY/,
  );
  await restore(stranger, engine, backup, identity, { acceptsOtherKeys: true });
  await assert.rejects(restore(service, engine, backup, identity), /database is not empty/);
});

test('a backup of a newer release is refused, and so is one of a newer database', async (t) => {
  const service = await createTestApp(t);
  const { store, identity, create } = await openBackups(t, service);
  const engine = await emptyEngine(t);
  await craft(store, 'crafted', identity, startOf(service, ['0001_users', '9999_of_the_future']));
  const place = { store, name: 'crafted' };
  assert.match(
    await refusal(engine, () => restore(service, engine, place, identity)),
    /9\.0\.0, which is newer/,
  );
  await sql`INSERT INTO schema_migrations (name, sha256) VALUES ('9999_of_the_future', '')`.execute(
    service.db,
  );
  t.after(() => sql`DELETE FROM schema_migrations WHERE name LIKE '9999%'`.execute(service.db));
  await assert.rejects(create(), /9999_of_the_future of a newer release/);
});

/** The first lines of a backup of this service. */
function startOf({ keys }: TestApp, migrations: string[]): string {
  const header = {
    release: '9.0.0',
    deployment: '0198d1c4-6c3e-7e2f-8e51-2f4b7a0c9d11',
    public_url: 'https://a.example',
    taken_at: '2026-01-01T00:00:00.000Z',
    engine: 'PostgreSQL',
    key_ids: [keys.current.kid],
    migrations,
  };
  return `-- adl-backup/1 ${JSON.stringify(header)}\nBEGIN;\n`;
}

type Store = ReturnType<typeof createFolderStore>;

async function craft(store: Store, name: string, identity: string, script: string): Promise<void> {
  async function* content() {
    yield gzipSync(script);
  }
  await store.write(name, encryptTo([await identityToRecipient(identity)], content()));
}

test('a script names tables and columns of the service, or nothing of it is used', async (t) => {
  const service = await createTestApp(t);
  const { store, identity, create, folder } = await openBackups(t, service);
  await create();
  const engine = await emptyEngine(t);
  const connection = await service.deps.engine.openMigrationConnection();
  const rows = await connection.query('SELECT name FROM schema_migrations ORDER BY name');
  await connection.close();
  const start = startOf(
    service,
    rows.map(({ name }) => String(name)),
  );
  for (const [at, body] of [
    'DROP TABLE users;\n',
    'COPY public."pg_authid" ("rolname") FROM stdin;\n\\.\n',
    'COPY public."users" ("id", "no_such_column") FROM stdin;\n\\.\n',
    'COPY public."schema_migrations" ("name", "sha256") FROM stdin;\nx\ty\n\\.\n',
  ].entries()) {
    const name = `crafted${at}`;
    await craft(store, name, identity, start + body);
    assert.match(
      await refusal(engine, () => restore(service, engine, { store, name }, identity)),
      /truncated or damaged/,
    );
  }
  assert.ok(readdirSync(folder).length > 4);
});

test('without a recipient there is no backup, and a full or missing place leaves nothing', async (t) => {
  const service = await createTestApp(t);
  const { deps, store, folder } = await openBackups(t, service);
  const without = {
    ...deps,
    config: { ...deps.config, backup: { ...deps.config.backup, recipients: [] } },
  };
  await assert.rejects(
    createBackup(without, store, service.hasher),
    /BACKUP_RECIPIENTS is not set/,
  );
  const failing = {
    ...store,
    write: async (_name: string, content: AsyncIterable<Uint8Array>) => {
      let bytes = 0;
      for await (const chunk of content) {
        bytes += chunk.length;
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      }
      return bytes;
    },
  };
  await assert.rejects(createBackup(deps, failing, service.hasher), /no space left/);
  assert.deepEqual(await service.db.selectFrom('backups').selectAll().execute(), []);
  // The connection is free again.
  await registeredUser(service);
  assert.throws(() => readdirSync(folder), /ENOENT/);
});
