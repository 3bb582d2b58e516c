import { sql } from 'kysely';
import type { Logger } from '../logging/logger.ts';
import type { Database } from './database.ts';

const limits = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
] as const;

/**
 * Behind a pooler they cannot be set for a session; without them a statement that nobody awaits
 * runs on for ever.
 */
export async function warnOfMissingLimits(db: Database, logger: Logger): Promise<void> {
  const settings = limits.map((name) => sql`current_setting(${name}) AS ${sql.ref(name)}`);
  const { rows } = await sql<Record<string, string>>`SELECT ${sql.join(settings)}`.execute(db);
  const missing = limits.filter((name) => rows[0]?.[name] === '0');
  if (missing.length === 0) return;
  logger.warn(
    `database: ${missing.join(', ')} not set through DATABASE_URL. Set connect_query in pgbouncer.ini`,
  );
}
