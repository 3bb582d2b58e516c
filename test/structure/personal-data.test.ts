import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { assembly } from '../../src/app.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** Tables with text or ids of which none is about a person, each with the reason. */
const impersonal: Record<string, string> = {
  audit_chain: 'hashes of events; of what is personal in them by a salt that the event has',
  audit_marks: 'hashes of the chain',
  schema_migrations: 'names of files',
  sign_in_counts: 'counts by day',
  'jobs.bam': 'maintenance of the queue, as SQL commands',
  'jobs.instance': 'machines; the queue is told not to register them',
  'jobs.job_dependency': 'ids of jobs',
  'jobs.queue': 'names and settings of queues',
  'jobs.queue_stats': 'counts',
  'jobs.schedule': 'unused: nothing is scheduled there',
  'jobs.subscription': 'unused: names of events of the queue',
  'jobs.version': 'version of the queue, times of its maintenance',
  'jobs.warning': 'unused: warnings of the queue are not kept',
};

const freeText = ['text', 'character varying', 'jsonb', 'json', 'inet', 'cidr', 'bytea', 'ARRAY'];
const namesAccount = /^(subject|actor|user|admin|account|owner|caller|person|legacy)_id$|_by$/;

type Column = { table: string; column: string; type: string };

async function columnsOf({ db }: TestApp): Promise<Column[]> {
  const { rows } = await sql<Column>`
    SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name AS table,
           column_name AS column, data_type AS type
      FROM information_schema.columns
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'test_clock')`.execute(db);
  // The queue makes a table of counts a day.
  return rows.map((row) => ({ ...row, table: row.table.replace(/^(jobs\.queue_stats)_\d+$/, '$1') }));
}

test('every table with personal data is exported, or says why not, and erased', async (t) => {
  const columns = await columnsOf(await createTestApp(t));
  const personal = columns.filter(
    ({ table, column, type }) =>
      impersonal[table] === undefined && (freeText.includes(type) || namesAccount.test(column)),
  );
  const covered = new Set(assembly.personalData.flatMap(({ tables }) => tables));
  assert.ok(covered.size > 5);
  const missing = [...new Set(personal.map(({ table }) => table))].filter((table) => !covered.has(table));
  assert.deepEqual(
    missing,
    [],
    'add it to the personalData of its owner, or to `impersonal` with the reason',
  );
});

test('each table with personal data exists, has one owner and one place in the export', async (t) => {
  const columns = await columnsOf(await createTestApp(t));
  const existing = new Set(columns.map(({ table }) => table));
  const tables = assembly.personalData.flatMap((one) => one.tables);
  assert.deepEqual(tables.toSorted(), [...new Set(tables)].toSorted());
  assert.deepEqual(
    [...tables, ...Object.keys(impersonal)].filter((table) => !existing.has(table)),
    [],
  );
  const names = assembly.personalData.flatMap(({ exported }) => ('name' in exported ? [exported.name] : []));
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted());
});
