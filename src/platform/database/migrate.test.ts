import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { closeTestEngine, onPostgres, openTestEngine } from '../../../test/test-database.ts';
import type { DatabaseEngine, MigrationConnection } from './database.ts';
import { MigrationError, migrate } from './migrate.ts';
import { SchemaConflictError } from './schema-compatibility.ts';
import {
  listProcesses,
  removeProcess,
  type ServerProcess,
  showProcess,
} from './server-processes.ts';

function processOf(schema: string): ServerProcess {
  return { id: randomUUID(), host: 'host', pid: 7, release: '1.0.0', schema };
}

describe('migrations', () => {
  let engine: DatabaseEngine;
  let connection: MigrationConnection;
  before(async () => {
    engine = await openTestEngine();
    connection = await engine.openMigrationConnection();
  });
  after(async () => {
    await connection.close();
    await closeTestEngine(engine);
  });

  /** A directory of migrations. All tests share one database, so each uses its own file names. */
  function migrations(t: TestContext, files: Record<string, string>): string {
    const directory = mkdtempSync(join(tmpdir(), 'adl-migrations-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    for (const [name, script] of Object.entries(files))
      writeFileSync(join(directory, name), script);
    return directory;
  }

  test('M09 a new database has no accounts, and no migration creates one', async () => {
    for (const table of ['users', 'admins', 'sessions', 'links']) {
      assert.deepEqual(await connection.query(`SELECT FROM ${table}`), [], table);
    }
  });

  test('every file is applied once, in order of name, and recorded with its hash', async (t) => {
    const directory = migrations(t, {
      '9010_second.sql':
        "INSERT INTO steps (name) VALUES ('second'), ('of two statements'); SELECT 1",
      '9009_first.sql': 'CREATE TABLE steps (id serial, name text)',
      'README.md': 'no migration',
    });
    assert.deepEqual(await migrate(connection, directory), ['9009_first', '9010_second']);
    assert.deepEqual(await migrate(connection, directory), []);
    writeFileSync(join(directory, '9011_third.sql'), "INSERT INTO steps (name) VALUES ('third')");
    assert.deepEqual(await migrate(connection, directory), ['9011_third']);
    const steps = await connection.query('SELECT name FROM steps ORDER BY id');
    assert.deepEqual(
      steps.map(({ name }) => name),
      ['second', 'of two statements', 'third'],
    );
    const recorded = await connection.query(
      "SELECT name FROM schema_migrations WHERE name LIKE '90%' AND sha256 ~ '^[0-9a-f]{64}$' ORDER BY applied_at, name",
    );
    assert.deepEqual(
      recorded.map(({ name }) => name),
      ['9009_first', '9010_second', '9011_third'],
    );
  });

  test('a failed file is named and rolled back; once fixed, migration continues there', async (t) => {
    const directory = migrations(t, {
      '9101_good.sql': 'CREATE TABLE good_one (id int)',
      '9102_bad.sql': 'CREATE TABLE half_done (id int); CREATE TABLE good_one (id int)',
      '9103_never.sql': 'CREATE TABLE never_made (id int)',
    });
    await assert.rejects(migrate(connection, directory), (error) => {
      assert.ok(error instanceof MigrationError);
      assert.equal(error.message, 'migration 9102_bad failed');
      assert.equal((error.cause as { code: string }).code, '42P07');
      return true;
    });
    assert.deepEqual(await tablesThere('good_one', 'half_done', 'never_made'), ['good_one']);
    writeFileSync(join(directory, '9102_bad.sql'), 'CREATE TABLE half_done (id int)');
    assert.deepEqual(await migrate(connection, directory), ['9102_bad', '9103_never']);
    assert.deepEqual(await tablesThere('good_one', 'half_done', 'never_made'), [
      'good_one',
      'half_done',
      'never_made',
    ]);
  });

  test('a schema is refused by an older release, unless a migration names that as compatible', async (t) => {
    const newer = migrations(t, {
      '9203_newer.sql': '-- compatible-with: 9202\nCREATE TABLE newer (id int)',
    });
    assert.deepEqual(await migrate(connection, newer), ['9203_newer']);
    const good = migrations(t, { '9202_good.sql': 'CREATE TABLE good (id int)' });
    assert.deepEqual(await migrate(connection, good), ['9202_good']);
    const older = migrations(t, { '9201_older.sql': 'CREATE TABLE older (id int)' });
    await assert.rejects(migrate(connection, older), (error) => {
      assert.ok(error instanceof SchemaConflictError);
      assert.equal(
        error.problem,
        'the database is newer than this release, which cannot work with 9202_good, 9203_newer',
      );
      return true;
    });
    assert.deepEqual(await tablesThere('newer', 'good', 'older'), ['good', 'newer']);
    const rows = await connection.query(
      "SELECT name, compatible_with FROM schema_migrations WHERE name LIKE '92%' ORDER BY name",
    );
    assert.deepEqual(rows, [
      { name: '9202_good', compatible_with: null },
      { name: '9203_newer', compatible_with: '9202' },
    ]);
  });

  test('a migration waits for the processes that could not live with it, and for no others', async (t) => {
    const [older, dead] = [processOf('9210'), processOf('9210')];
    await showProcess(connection, older);
    await showProcess(connection, dead);
    await connection.query(
      "UPDATE server_processes SET seen_at = now() - interval '31 seconds' WHERE id = $1::uuid",
      [dead.id],
    );
    const mild = migrations(t, {
      '9220_mild.sql': '-- compatible-with: 9210\nCREATE TABLE mild (id int)',
    });
    const self = processOf('9220');
    assert.deepEqual(await migrate(connection, mild, self), ['9220_mild']);
    assert.equal((await listProcesses(connection)).length, 2);
    const hard = migrations(t, { '9221_hard.sql': 'CREATE TABLE hard (id int)' });
    await assert.rejects(
      migrate(connection, hard),
      /9221_hard cannot be applied beside 2 server processes of an older release \(1\.0\.0, process 7 on host\)/,
    );
    assert.deepEqual(await tablesThere('mild', 'hard'), ['mild']);
    for (const { id } of [older, self]) await removeProcess(connection, id);
    assert.deepEqual(await migrate(connection, hard), ['9221_hard']);
  });

  test('a failed migration releases the lock', async (t) => {
    const bad = migrations(t, { '9321_bad.sql': 'SELECT 1 / 0' });
    await assert.rejects(migrate(connection, bad), MigrationError);
    const locks = await connection.query(`SELECT FROM pg_locks WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
    assert.deepEqual(locks, []);
  });

  test('FI-31 processes that migrate at the same time apply every file once', {
    skip: !onPostgres,
  }, async (t) => {
    for (let round = 0; round < 5; round++) {
      const directory = migrations(t, {
        [`94${round}1_table.sql`]: `CREATE TABLE shared_${round} (id int); SELECT pg_sleep(0.02)`,
        [`94${round}2_row.sql`]: `INSERT INTO shared_${round} VALUES (1)`,
      });
      const connections = await Promise.all(
        Array.from({ length: 4 }, () => engine.openMigrationConnection()),
      );
      const applied = await Promise.all(connections.map((one) => migrate(one, directory)));
      assert.deepEqual(applied.flat().toSorted(), [`94${round}1_table`, `94${round}2_row`]);
      assert.equal((await connection.query(`SELECT id FROM shared_${round}`)).length, 1);
      await Promise.all(connections.map((one) => one.close()));
    }
  });

  async function tablesThere(...names: string[]): Promise<unknown[]> {
    const sql = 'SELECT tablename FROM pg_tables WHERE tablename = ANY($1) ORDER BY tablename';
    return (await connection.query(sql, [names])).map(({ tablename }) => tablename);
  }
});
