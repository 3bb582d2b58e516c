import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { createDatabase, type DatabaseEngine } from './database.ts';
import { DatabaseUnavailableError } from './database-errors.ts';
import { DirectoryInUseError } from './directory-lock.ts';
import { openEmbedded } from './embedded-engine.ts';

describe('the embedded engine', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-embedded-'));
  let engine: DatabaseEngine;
  before(async () => {
    chmodSync(dataDir, 0o777);
    // The leftovers of a start that was killed during initialisation.
    mkdirSync(join(dataDir, 'postgres.unfinished/base'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres.unfinished/PG_VERSION'), '');
    engine = await openEmbedded(dataDir);
  });
  after(async () => {
    await engine.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('V14.2 other users cannot reach the embedded database, even in an open directory', () => {
    assert.equal(statSync(join(dataDir, 'postgres')).mode & 0o777, 0o700);
  });

  test('a connection object that was discarded is not given again', async () => {
    const discarded = await engine.pool.connect();
    discarded.release(true);
    const next = await engine.pool.connect();
    next.release();
    assert.notEqual(next, discarded);
  });

  test('one holder at a time gets the connection, in the order of the requests', async () => {
    const order: string[] = [];
    const take = async (name: string) => {
      const connection = await engine.pool.connect();
      order.push(`${name} has it`);
      await connection.query('SELECT 1', []);
      order.push(`${name} gives it back`);
      connection.release();
    };
    await Promise.all(['first', 'second', 'third'].map(take));
    await take('fourth');
    assert.deepEqual(
      order,
      ['first', 'second', 'third', 'fourth'].flatMap((name) => [
        `${name} has it`,
        `${name} gives it back`,
      ]),
    );
  });

  test('the event loop gets a turn between two holders, however many wait', async () => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    const take = async () => {
      const connection = await engine.pool.connect();
      await connection.query('SELECT 1', []);
      const seen = turns;
      connection.release();
      return seen;
    };
    const holders = Array.from({ length: 20 }, take);
    setImmediate(count);
    const seen = await Promise.all(holders);
    isOver = true;
    for (const [index, turn] of seen.entries())
      if (index > 0) assert.ok(turn > (seen[index - 1] ?? 0), `${seen}`);
  });

  test('the event loop gets a turn after each holder, even if there is only one', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const seen: number[] = [];
    for (let asked = 0; asked < 20; asked += 1) {
      const connection = await engine.pool.connect();
      await connection.query('SELECT 1', []);
      connection.release();
      seen.push(turns);
    }
    clearImmediate(counting);
    assert.equal(new Set(seen).size, seen.length, `${seen}`);
  });

  test('a waiter is refused after 2.5 seconds, and the others keep their places', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const holder = await engine.pool.connect();
    const early = engine.pool.connect();
    early.catch(() => {});
    t.mock.timers.tick(1000);
    const late = engine.pool.connect();
    t.mock.timers.tick(1499);
    const pending = Symbol('pending');
    assert.equal(await Promise.race([early, Promise.resolve(pending)]), pending);
    t.mock.timers.tick(1);
    await assert.rejects(early, DatabaseUnavailableError);
    // Handing the connection to the waiter that gave up would lose it for ever.
    holder.release();
    (await late).release();
    t.mock.timers.tick(10_000);
    (await engine.pool.connect()).release();
  });

  test('a failed transaction is rolled back, and the connection stays usable', async () => {
    const db = createDatabase(engine.pool, () => {});
    await sql`CREATE TABLE rows (name text)`.execute(db);
    await assert.rejects(
      db.transaction().execute(async (trx) => {
        await sql`INSERT INTO rows VALUES ('lost')`.execute(trx);
        await sql`SELECT 1 / 0`.execute(trx);
      }),
      { code: '22012' },
    );
    await db.transaction().execute((trx) => sql`INSERT INTO rows VALUES ('kept')`.execute(trx));
    assert.deepEqual((await sql`SELECT name FROM rows`.execute(db)).rows, [{ name: 'kept' }]);
  });

  test('it returns the same JavaScript values as the pg driver', async () => {
    const db = createDatabase(engine.pool, () => {});
    const { rows } =
      await sql`SELECT 9007199254740993::int8 AS big, '\\x00ff'::bytea AS bytes, 7::int4 AS small,
      now() AS time, NULL AS nothing, true AS flag, count(*) AS count FROM rows`.execute(db);
    const { time, ...others } = rows[0] as Record<string, unknown>;
    assert.ok(time instanceof Date);
    assert.deepEqual(others, {
      big: '9007199254740993',
      bytes: Buffer.from([0, 255]),
      small: 7,
      nothing: null,
      flag: true,
      count: '1',
    });
    const { numAffectedRows } = await sql`UPDATE rows SET name = 'changed'`.execute(db);
    assert.equal(numAffectedRows, 1n);
  });

  test('it takes the same JavaScript values as the pg driver', async () => {
    const db = createDatabase(engine.pool, () => {});
    const time = new Date('2026-01-02T03:04:05.678Z');
    const values = [
      time,
      Buffer.from([0, 255]),
      { deep: [1] },
      ['a', 'b"c'],
      true,
      '9007199254740993',
      null,
    ];
    const casts = ['timestamptz', 'bytea', 'jsonb', 'text[]', 'bool', 'int8', 'text'];
    const columns = casts.map(
      (cast, index) => sql`${values[index]}::${sql.raw(cast)} AS ${sql.ref(cast)}`,
    );
    // Twice: the second time the statement is prepared.
    for (let round = 0; round < 2; round += 1) {
      const { rows } = await sql<object>`SELECT ${sql.join(columns)}`.execute(db);
      assert.deepEqual(Object.values(rows[0] ?? {}), values);
    }
  });

  test('a statement is prepared once, and the 200 last used stay prepared', async () => {
    const db = createDatabase(engine.pool, () => {});
    const texts = Array.from({ length: 210 }, (_, index) => `SELECT ${index} AS value`);
    for (const text of [...texts, ...texts.slice(-50), ...texts.slice(0, 5)]) {
      const { rows } = await sql<{ value: number }>`${sql.raw(text)}`.execute(db);
      assert.equal(`SELECT ${rows[0]?.value} AS value`, text);
    }
    const { rows } = await sql<{ statement: string }>`
      SELECT statement FROM pg_prepared_statements ORDER BY prepare_time`.execute(db);
    assert.equal(rows.length, 200);
    assert.deepEqual(
      texts.filter((text) => !rows.some(({ statement }) => statement === text)),
      texts.slice(5, 16),
    );
  });

  test('a statement that fails, at any step, can be repeated and leaves nothing behind', async () => {
    const db = createDatabase(engine.pool, () => {});
    const divide = (by: string) =>
      sql<{ value: number }>`SELECT 6 / ${by}::int4 AS value`.execute(db);
    await assert.rejects(divide('none'), { code: '22P02' });
    await assert.rejects(divide('0'), { code: '22012' });
    assert.deepEqual((await divide('2')).rows, [{ value: 3 }]);
    for (let round = 0; round < 2; round += 1) {
      await assert.rejects(sql`SELECT missing FROM nowhere`.execute(db), { code: '42P01' });
    }
    const { rows } =
      await sql`SELECT FROM pg_prepared_statements WHERE statement LIKE '%nowhere'`.execute(db);
    assert.equal(rows.length, 0);
  });

  test('a second engine on an open directory is refused; rows survive a reopen', async () => {
    await assert.rejects(openEmbedded(dataDir), DirectoryInUseError);
    const holder = await engine.pool.connect();
    let closed = false;
    const closing = engine.close().then(() => (closed = true));
    await holder.query("UPDATE rows SET name = 'before the end'", []);
    assert.equal(closed, false, 'closing waits for the current holder');
    holder.release();
    await closing;
    engine = await openEmbedded(dataDir);
    const { rows } = await sql`SELECT name FROM rows`.execute(
      createDatabase(engine.pool, () => {}),
    );
    assert.deepEqual(rows, [{ name: 'before the end' }]);
  });
});
