import { afterCommit, type Database, type Transaction } from '../../platform/database/database.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { currentOrigin } from '../../platform/logging/request-context.ts';
import { insertAuditEvent } from './audit-store.ts';
import type { SecurityEvent } from './security-events.ts';

/**
 * Writes a security event into the transaction of the change it tells of, and one line into the log once that is
 * committed. Address and request are those of the request that this runs in (ASVS V16.2.1, V16.3.1).
 */
export async function recordEvent(
  { logger }: { logger: Logger },
  db: Database | Transaction,
  { event, outcome = 'success', subject = null, actor = subject, details = {} }: SecurityEvent,
): Promise<void> {
  const origin = currentOrigin();
  await insertAuditEvent(db, { event, outcome, subject, actor, details, origin });
  const line = {
    event,
    outcome,
    actor_id: actor?.id,
    subject_id: subject?.id,
    client: origin?.ip,
    ...details,
  };
  afterCommit(db, () => logger.info(line, `Security event: ${event}, ${outcome}`));
}

/**
 * For what was refused and changed nothing. The refusal stands whatever becomes of the record: where the database does
 * not take it, the log says so.
 */
export async function recordRefusal(
  deps: { db: Database; logger: Logger },
  event: SecurityEvent,
): Promise<void> {
  try {
    await recordEvent(deps, deps.db, event);
  } catch (error) {
    deps.logger.warn({ err: error, event: event.event }, 'A security event could not be recorded');
  }
}
