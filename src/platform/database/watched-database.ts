import { sql } from 'kysely';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outage-log.ts';
import { createDatabase, type Database, type DatabaseEngine } from './database.ts';
import { DatabaseUnavailableError } from './database-errors.ts';

type Statement = Parameters<Parameters<typeof createDatabase>[1]>[0];

const probeMilliseconds = 1000;

/** A database whose outages are in the log: one line when it goes, one when it is back. */
export function openWatchedDatabase(
  { pool }: Pick<DatabaseEngine, 'pool'>,
  logger: Logger,
  observe: (statement: Statement) => void,
): Database {
  const outage = createOutageLog(logger, {
    dependency: 'database',
    away: 'database: does not answer; requests get 503',
    back: 'database: answers again',
  });
  const fail = (error: unknown): void => {
    const wasAway = outage.isAway;
    outage.failed(error);
    if (!wasAway && outage.isAway) probeSoon();
  };
  // Also told where nobody asks for anything at the moment.
  const probeSoon = (): void => {
    setTimeout(() => void probe(), probeMilliseconds).unref();
  };
  const probe = async (): Promise<void> => {
    await sql`SELECT 1`.execute(db).catch(fail);
    if (outage.isAway) probeSoon();
  };
  const connect = async () => {
    try {
      return await pool.connect();
    } catch (error) {
      fail(error);
      throw error;
    }
  };
  // A connection may have been idle since before the outage: only an answer says that it is over.
  const db = createDatabase(
    { options: pool.options, connect, end: () => pool.end() },
    (statement) => {
      observe(statement);
      if (statement.level === 'query') outage.succeeded();
      else if (statement.error instanceof DatabaseUnavailableError) fail(statement.error);
    },
  );
  return db;
}
