import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { z } from 'zod';
import { assembly } from '../../src/app.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

/** Tables with text or ids of which none is about a person, each with the reason. */
const impersonal: Record<string, string> = {
  audit_chain: 'hashes of events; of what is personal in them by a salt that the event has',
  audit_marks: 'hashes of the chain',
  imports: 'digests of files, counts',
  backups: 'names of files, digests, sizes and times',
  signing_keys: 'keys of the service',
  hmac_tokens: 'a time',
  spent_puzzles: 'digests of puzzles',
  deployment: 'an id of the deployment, a count and a time',
  schema_migrations: 'names of files',
  server_processes: 'machines and releases',
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
  return rows.map((row) => ({
    ...row,
    table: row.table.replace(/^(jobs\.queue_stats)_\d+$/, '$1'),
  }));
}

test('every table with personal data is exported, or says why not, and erased', async (t) => {
  const columns = await columnsOf(await createTestApp(t));
  const personal = columns.filter(
    ({ table, column, type }) =>
      impersonal[table] === undefined && (freeText.includes(type) || namesAccount.test(column)),
  );
  const covered = new Set(assembly.personalData.flatMap(({ tables }) => tables));
  assert.ok(covered.size > 5);
  const missing = [...new Set(personal.map(({ table }) => table))].filter(
    (table) => !covered.has(table),
  );
  assert.deepEqual(
    missing,
    [],
    'add it to the personalData of its owner, or to `impersonal` with the reason',
  );
});

/** Columns that an export does not show under their own name: under which, or why not at all. */
const shownOtherwise: Record<string, Record<string, string>> = {
  users: {
    ...because('secret', 'password_scheme password_hash password_key password_version'),
    ...because('null for everybody who can export', 'deleted_at deleted_by erase_at invited_at'),
    ...because('the factors themselves', 'has_second_factor'),
  },
  admins: because('only users export', '*'),
  sessions: {
    ...because(
      'secret',
      'key_id generation current_hash previous_hash idempotency_hash rotated_by_hash device_hash',
    ),
    ...because('the caller', 'subject_kind subject_id'),
    ...because(
      'last_used_at, expires_at, or a setting',
      'rotated_at idle_expires_at absolute_expires_at',
    ),
    ...because('ended_at and end_reason', 'revoked_at revoke_reason'),
    ...because('authenticated_at, by kind of proof', 'factor_shown_at renewed_at'),
  },
  totp_factors: {
    ...because('the caller', 'subject_kind subject_id'),
    ...because('secret', 'secret key_id'),
    ...because('last_used_at', 'last_step'),
    ...because('an id that nothing else names', 'id'),
    ...because('created_at: one that is not confirmed is gone within the hour', 'confirmed_at'),
  },
  passkeys: {
    ...because('the caller', 'subject_kind subject_id'),
    ...because(
      'of use to the authenticator that has them only',
      'credential_id public_key counter',
    ),
  },
  identities: because('the caller', 'user_id'),
  recovery_codes: {
    ...because('the caller', 'subject_kind subject_id'),
    ...because('secret', 'id salt code_hash'),
  },
  links: {
    ...because(
      'part of the token, or secret',
      'id key_id token_hash password_version request_hash',
    ),
    ...because('the caller', 'subject_id'),
  },
  mails: {
    ...because('the caller', 'subject_kind subject_id'),
    ...because('part of a token', 'link_id'),
  },
  throttles: because('a digest of what the caller knows', 'key_hash'),
  audit_events: {
    ...because('actor and subject', 'actor_kind actor_id subject_kind subject_id'),
    ...because(
      'hashes of the row, and their keys',
      'personal_salt personal_digest seal_key_id seal is_chained',
    ),
  },
};

function because(reason: string, columns: string): Record<string, string> {
  return Object.fromEntries(columns.split(' ').map((column) => [column, reason]));
}

test('every column of an exported table is shown, or says why not', async (t) => {
  const columns = await columnsOf(await createTestApp(t));
  const hidden = assembly.personalData.flatMap(({ tables, exported }) => {
    if (!('name' in exported)) return [];
    const shown = Object.keys((exported.schema(assembly as never) as z.ZodObject).shape);
    return columns
      .filter(({ table, column }) => tables.includes(table) && !shown.includes(column))
      .filter(
        ({ table, column }) =>
          !(column in (shownOtherwise[table] ?? {}) || shownOtherwise[table]?.['*']),
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
  const names = assembly.personalData.flatMap(({ exported }) =>
    'name' in exported ? [exported.name] : [],
  );
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted());
});
