import type { LogEvent } from 'kysely';
import type { Logger } from './logger.ts';

/** For `LOG_LEVEL=debug`: the SQL and its duration, without the parameters (personal data). */
export function logStatement(logger: Logger, { query, queryDurationMillis }: LogEvent): void {
  if (!logger.isLevelEnabled('debug')) return;
  const milliseconds = queryDurationMillis.toFixed(1);
  logger.debug(`SQL (${milliseconds} ms): ${query.sql.replaceAll(/\s+/g, ' ').trim()}`);
}
