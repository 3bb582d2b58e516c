import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { planMigrations } from '../../src/platform/database/migration-plan/plan-migrations.ts';
import { splitStatements } from '../../src/platform/database/migration-plan/split-statements.ts';
import { closeTestEngine, openTestEngine } from '../test-database.ts';

const ours = join(import.meta.dirname, '../../migrations');

/** The plan of one more migration, on a database with all others. */
async function planOf(t: TestContext, script: string) {
  const directory = mkdtempSync(join(tmpdir(), 'adl-plan-'));
  t.after(() => rmSync(directory, { recursive: true }));
  cpSync(ours, directory, { recursive: true });
  writeFileSync(join(directory, '9999_next.sql'), script);
  const engine = await openTestEngine();
  t.after(() => closeTestEngine(engine));
  const connection = await engine.openMigrationConnection();
  const plan = await planMigrations(connection, directory);
  const [row] = await connection.query("SELECT to_regclass('public.planned') AS planned");
  await connection.close();
  assert.equal(row?.planned, null, 'the plan changed the database');
  return plan.map(({ migration, ...effect }) => ({
    ...effect,
    statement: effect.statement.split(' ', 2).join(' '),
  }));
}

test('each statement has the lock that it takes, whom it blocks, and what it does with the rows', async (t) => {
  const plan = await planOf(
    t,
    `-- compatible-with: 0012
     CREATE TABLE planned (id int PRIMARY KEY, user_id uuid REFERENCES users);
     ALTER TABLE users ADD COLUMN nickname text;
     CREATE INDEX sessions_planned ON sessions (ip);
     ALTER TABLE mails ALTER COLUMN attempts TYPE bigint;
     UPDATE links SET purpose = purpose;
     ALTER TABLE throttles ADD CONSTRAINT planned CHECK (true);
     CREATE INDEX planned_index ON planned (user_id)`,
  );
  const rows = 0;
  assert.deepEqual(plan, [
    {
      statement: 'CREATE TABLE',
      table: 'users',
      lock: 'ShareRowExclusive',
      blocks: 'writes',
      work: 'none',
      rows,
    },
    {
      statement: 'ALTER TABLE',
      table: 'users',
      lock: 'AccessExclusive',
      blocks: 'reads and writes',
      work: 'none',
      rows,
    },
    {
      statement: 'CREATE INDEX',
      table: 'sessions',
      lock: 'Share',
      blocks: 'writes',
      work: 'reads',
      rows,
    },
    {
      statement: 'ALTER TABLE',
      table: 'mails',
      lock: 'AccessExclusive',
      blocks: 'reads and writes',
      work: 'rewrites',
      rows,
    },
    {
      statement: 'UPDATE links',
      table: 'links',
      lock: 'RowExclusive',
      blocks: 'nothing',
      work: 'reads',
      rows,
    },
    {
      statement: 'ALTER TABLE',
      table: 'throttles',
      lock: 'AccessExclusive',
      blocks: 'reads and writes',
      work: 'reads',
      rows,
    },
  ]);
});

test('a semicolon in a string, a name, a body or a comment ends no statement', () => {
  const script = `
    -- a; comment
    SELECT 'one; it''s', "a;b"; /* none; */
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT 1; $body$;
    DO $$ BEGIN PERFORM 1; END $$;;
    -- the last; without an end
    SELECT 2 -- two;`;
  const statements = splitStatements(script).map((statement) => statement.replaceAll(/\s+/g, ' '));
  assert.deepEqual(statements, [
    `SELECT 'one; it''s', "a;b"`,
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT 1; $body$',
    'DO $$ BEGIN PERFORM 1; END $$',
    'SELECT 2 -- two;',
  ]);
});
