import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
    // What a start leaves behind that was killed while it initialised.
    mkdirSync(join(dataDir, 'postgres.unfinished/base'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres.unfinished/PG_VERSION'), '');
    engine = await openEmbedded(dataDir);
  });
  after(async () => {
    await engine.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('the connection is given to one at a time, in the order of asking', async () => {
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
      ['first', 'second', 'third', 'fourth'].flatMap((name) => [`${name} has it`, `${name} gives it back`]),
    );
  });

  test('between two holders the event loop has a turn, however many wait', async () => {
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

  test('the event loop has a turn after each holder, also where one alone asks again and again', async () => {
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

  test('whoever waits 2.5 seconds for it is refused, and the others keep their places', async (t) => {
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
    // The one who gave up is not handed the connection, which would be lost for ever.
    holder.release();
    (await late).release();
    t.mock.timers.tick(10_000);
    (await engine.pool.connect()).release();
  });

  test('a transaction that fails is rolled back and leaves the connection good for the next', async () => {
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

  test('it gives the JavaScript values that the pg driver gives', async () => {
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

  test('a directory that is open is refused to a second engine, and its rows are there for the next', async () => {
    await assert.rejects(openEmbedded(dataDir), DirectoryInUseError);
    const holder = await engine.pool.connect();
    let closed = false;
    const closing = engine.close().then(() => (closed = true));
    await holder.query("UPDATE rows SET name = 'before the end'", []);
    assert.equal(closed, false, 'closing waits for what is under way');
    holder.release();
    await closing;
    engine = await openEmbedded(dataDir);
    const { rows } = await sql`SELECT name FROM rows`.execute(createDatabase(engine.pool, () => {}));
    assert.deepEqual(rows, [{ name: 'before the end' }]);
  });
});
