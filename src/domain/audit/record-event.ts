import { Counter } from 'prom-client';
import type { KeyRing } from '../../platform/crypto/secret-keys.ts';
import { afterCommit, type Database, type Transaction } from '../../platform/database/database.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { currentOrigin, isCommand } from '../../platform/logging/request-context.ts';
import { registry } from '../../platform/metrics/registry.ts';
import { insertAuditEvent } from './audit-store.ts';
import type { SecurityEvent } from './security-events.ts';

const events = new Counter({
  name: 'adl_security_events_total',
  help: 'Security events: sign-ins, changes, denials and the work of admins',
  labelNames: ['event', 'outcome'],
  registers: [registry],
});

/**
 * Writes a security event in the transaction of the change that it describes, and a log line after
 * the commit. Address and request id come from the current request (ASVS V16.2.1, V16.3.1). What is
 * ordered on the command line has no actor and the mark `via`, whoever the operation names.
 */
export async function recordEvent(
  { logger, keys }: { logger: Logger; keys: KeyRing },
  db: Database | Transaction,
  { event, outcome = 'success', subject = null, ...given }: SecurityEvent,
): Promise<void> {
  const origin = currentOrigin();
  const { actor = subject, details = {} } = isCommand() ? asCommand(given) : given;
  await insertAuditEvent({ keys }, db, { event, outcome, subject, actor, details, origin });
  const line = {
    event,
    outcome,
    actor_id: actor?.id,
    subject_id: subject?.id,
    client: origin?.ip,
    ...details,
  };
  afterCommit(db, () => {
    events.inc({ event, outcome });
    logger.info(line, `Security event: ${event}, ${outcome}`);
  });
}

function asCommand({
  details,
}: Pick<SecurityEvent, 'details'>): Pick<SecurityEvent, 'actor' | 'details'> {
  return { actor: null, details: { ...details, via: 'command_line' } };
}

/** For refusals: if the event cannot be written, the refusal stands and the failure is logged. */
export async function recordRefusal(
  deps: { db: Database; logger: Logger; keys: KeyRing },
  event: SecurityEvent,
): Promise<void> {
  try {
    await recordEvent(deps, deps.db, event);
  } catch (error) {
    deps.logger.warn({ err: error, event: event.event }, 'A security event could not be recorded');
  }
}
