import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { z } from 'zod';
import { assembly } from '../../src/app.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** Tables with text or ids of which none is about a person, each with the reason. */
const impersonal: Record<string, string> = {
  schema_migrations: 'names of files',
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

/** Columns that an export does not show under their own name: under which, or why not at all. */
const shownOtherwise: Record<string, Record<string, string>> = {
  users: {
    ...{
      password_scheme: 'secret',
      password_hash: 'secret',
      password_key: 'secret',
      password_version: 'secret',
    },
    ...{ deleted_at: 'no deleted user', deleted_by: 'exports', erase_at: 'anything' },
  },
  // Only users export.
  admins: { '*': 'not exported' },
  sessions: {
    ...{ key_id: 'secret', generation: 'secret', current_hash: 'secret', previous_hash: 'secret' },
    ...{ idempotency_hash: 'secret', rotated_by_hash: 'secret', device_hash: 'secret' },
    ...{ subject_kind: 'the caller', subject_id: 'the caller', rotated_at: 'last_used_at' },
    ...{ idle_expires_at: 'expires_at', absolute_expires_at: 'a setting' },
    ...{ revoked_at: 'ended_at', revoke_reason: 'end_reason' },
  },
  links: {
    ...{ id: 'part of the token', key_id: 'secret', token_hash: 'secret', password_version: 'secret' },
    subject_id: 'the caller',
  },
  mails: { subject_kind: 'the caller', subject_id: 'the caller', link_id: 'part of the token' },
  throttles: { key_hash: 'a digest of what the caller knows' },
  audit_events: {
    ...{ actor_kind: 'actor', actor_id: 'actor', subject_kind: 'subject', subject_id: 'subject' },
  },
};

test('every column of an exported table is shown, or says why not', async (t) => {
  const columns = await columnsOf(await createTestApp(t));
  const hidden = assembly.personalData.flatMap(({ tables, exported }) => {
    if (!('name' in exported)) return [];
    const shown = Object.keys((exported.schema(assembly as never) as z.ZodObject).shape);
    return columns
      .filter(({ table, column }) => tables.includes(table) && !shown.includes(column))
      .filter(
        ({ table, column }) => !(column in (shownOtherwise[table] ?? {}) || shownOtherwise[table]?.['*']),
      )
      .map(({ table, column }) => `${table}.${column}`);
  });
  assert.deepEqual(hidden, [], 'export it, or add it to `shownOtherwise` with the reason');
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
