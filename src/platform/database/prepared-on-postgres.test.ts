import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { sql } from 'kysely';
import { closeTestEngine, onPostgres, openEmptyEngine } from '../../../test/test-database.ts';
import { serializeError } from '../logging/serialize-error.ts';
import {
  createDatabase,
  type Database,
  type DatabaseEngine,
  type MigrationConnection,
  transact,
} from './database.ts';
import { DatabaseUnavailableError } from './database-errors.ts';
import { planEachTime } from './plan-each-time.ts';
import { openPostgres } from './postgres-engine.ts';

describe('statements on PostgreSQL', { skip: !onPostgres }, () => {
  let main: DatabaseEngine;
  let besides: MigrationConnection;
  let url: string;
  let engine: DatabaseEngine;
  let db: Database;

  before(async () => {
    main = await openEmptyEngine();
    besides = await main.openMigrationConnection();
    const [row] = await besides.query('SELECT current_database() AS name');
    const own = new URL(process.env.TEST_DATABASE_URL ?? '');
    own.pathname = `/${row?.name}`;
    url = own.href;
  });
  after(async () => {
    await besides.close();
    await closeTestEngine(main);
  });
  beforeEach(async () => {
    await besides.runScript(`
      DROP TABLE IF EXISTS things;
      CREATE TABLE things (id int PRIMARY KEY, size int);
      INSERT INTO things VALUES (1, 7)`);
    engine = openPostgres({ url, poolSize: 1 });
    db = createDatabase(engine.pool, () => {});
  });
  afterEach(() => engine.close());

  const sizeOf = async (id: number, from: Pick<Database, 'getExecutor'> = db) =>
    (await sql<{ size: unknown }>`SELECT size FROM things WHERE id = ${id}`.execute(from)).rows;
  const several = async (work: () => Promise<unknown>) => {
    for (let run = 0; run < 3; run += 1) await work();
  };
  const preparedHere = async (from: Database = db): Promise<string[]> => {
    const all = sql<{ statement: string }>`SELECT statement FROM pg_prepared_statements`;
    return (await all.execute(from)).rows.map(({ statement }) => statement);
  };
  const connectionId = async (): Promise<unknown> =>
    (await sql<{ id: number }>`SELECT pg_backend_pid() AS id`.execute(db)).rows[0]?.id;

  test('the stack of a refused statement names who asked in the frames that are logged', async () => {
    const asked = async () => sql`SELECT 1 / 0`.execute(db);
    await assert.rejects(asked(), (error) => {
      assert.match(JSON.stringify(serializeError(error)), /prepared-on-postgres/);
      return true;
    });
  });

  test('a statement is prepared once, at its second use', async () => {
    await sizeOf(1);
    assert.deepEqual(await preparedHere(), []);
    await several(() => sizeOf(1));
    assert.deepEqual(await preparedHere(), ['SELECT size FROM things WHERE id = $1']);
    assert.deepEqual(await sizeOf(1), [{ size: 7 }]);
  });

  test('a column added by a newer release changes nothing for the one that runs', async () => {
    const everything = () => sql`SELECT * FROM things WHERE id = ${1}`.execute(db);
    await several(everything);
    await several(() => sizeOf(1));
    const before = await connectionId();
    await besides.runScript("ALTER TABLE things ADD colour text DEFAULT 'red'");
    assert.deepEqual((await everything()).rows, [{ id: 1, size: 7, colour: 'red' }]);
    assert.deepEqual(await sizeOf(1), [{ size: 7 }]);
    assert.equal(await connectionId(), before, 'no statement was refused');
  });

  test('a column whose type changes under a prepared statement is read all the same', async () => {
    await several(() => sizeOf(1));
    const before = await connectionId();
    await besides.runScript('ALTER TABLE things ALTER size TYPE text');
    assert.deepEqual(await sizeOf(1), [{ size: '7' }]);
    assert.notEqual(await connectionId(), before, 'its other statements may be out of date, too');
    await several(() => sizeOf(1));
    assert.equal((await preparedHere()).length, 1);
  });

  test('within a transaction that is a 503, and the next attempt succeeds', async () => {
    await several(() => sizeOf(1));
    await besides.runScript('ALTER TABLE things ALTER size TYPE text');
    const change = () =>
      transact(db, async (trx) => {
        await sql`UPDATE things SET size = ${'8'} WHERE id = 1`.execute(trx);
        return sizeOf(1, trx);
      });
    await assert.rejects(change(), DatabaseUnavailableError);
    assert.deepEqual(await sizeOf(1), [{ size: '7' }], 'rolled back');
    assert.deepEqual(await change(), [{ size: '8' }]);
  });

  test('a session that lost its statements is served, and no more are prepared', async () => {
    await several(() => sizeOf(1));
    // As a pooler does that gives a transaction another session.
    await sql`DISCARD ALL`.execute(db);
    assert.deepEqual(await sizeOf(1), [{ size: 7 }]);
    await several(() => sizeOf(1));
    assert.deepEqual(await preparedHere(), []);
  });

  test('a statement that is planned for its own values is never prepared', async () => {
    await several(() => sql`${planEachTime} SELECT size FROM things WHERE id = ${1}`.execute(db));
    assert.deepEqual(await preparedHere(), []);
  });

  test('a refused change is an error as ever, and its statement stays', async () => {
    const insert = () => sql`INSERT INTO things VALUES (${1}, ${2})`.execute(db);
    for (let run = 0; run < 3; run += 1) await assert.rejects(insert, { code: '23505' });
    assert.equal((await preparedHere()).length, 1);
  });

  test('however many texts are used, a connection never holds more than two hundred', async () => {
    let most = 0;
    for (let text = 1; text <= 220; text += 1) {
      const name = sql.id(`size_${text}`);
      await several(() => sql`SELECT size AS ${name} FROM things WHERE id = ${1}`.execute(db));
      if (text > 195) most = Math.max(most, (await preparedHere()).length);
    }
    assert.equal(most, 200);
    await several(() => sizeOf(1));
    assert.match((await preparedHere()).join('\n'), /id = \$1/, 'the one used now finds room');
  });

  test('behind a pooler in transaction mode nothing is prepared', async () => {
    const pooled = openPostgres({ url, directUrl: url, poolSize: 1 });
    const behind = createDatabase(pooled.pool, () => {});
    await several(() => sizeOf(1, behind));
    assert.deepEqual(await preparedHere(behind), []);
    await pooled.close();
  });
});
