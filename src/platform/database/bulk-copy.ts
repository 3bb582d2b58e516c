import type { CopiedTable, MigrationConnection } from './database.ts';

/** Dates, bytes and numbers are the same text whatever the server or the role is set to. */
const settings = [
  "TimeZone = 'UTC'",
  "DateStyle = 'ISO'",
  "IntervalStyle = 'postgres'",
  'extra_float_digits = 1',
  "bytea_output = 'hex'",
  'statement_timeout = 0',
  'lock_timeout = 0',
  'idle_in_transaction_session_timeout = 0',
];

/** For the transaction that is open. */
export async function liftLimits(connection: MigrationConnection): Promise<void> {
  await connection.runScript(settings.map((setting) => `SET LOCAL ${setting}`).join('; '));
}

/** Begins a transaction that reads one moment of the database. */
export async function beginSnapshot(connection: MigrationConnection): Promise<void> {
  await connection.runScript('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  await liftLimits(connection);
}

/** A name as SQL has it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `public."users" ("id", …)`, for a COPY. */
export function copyTarget({ name, columns }: CopiedTable): string {
  return `public.${quoted(name)} (${columns.map(quoted).join(', ')})`;
}
