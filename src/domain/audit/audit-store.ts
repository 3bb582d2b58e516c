import { randomUUIDv7 } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { cleanUpRows, type Database, now, type Transaction } from '../../platform/database/database.ts';
import { everything, type Listing } from '../../platform/lists/list-rows.ts';
import { orderBy, timeKey } from '../../platform/lists/order.ts';
import type { Origin } from '../../platform/logging/request-context.ts';
import type { AuditEventRow } from './audit-event-row.ts';
import type { SecurityEvent } from './security-events.ts';

export type AuditEvent = Selectable<AuditEventRow>;

export async function insertAuditEvent(
  db: Database | Transaction,
  { event, outcome, subject, actor, details, origin }: Required<SecurityEvent> & { origin: Origin | null },
): Promise<void> {
  await db
    .insertInto('audit_events')
    .values({
      id: randomUUIDv7(),
      occurred_at: now,
      event,
      outcome,
      actor_kind: actor?.kind ?? null,
      actor_id: actor?.id ?? null,
      subject_kind: subject?.kind ?? null,
      subject_id: subject?.id ?? null,
      ip: origin?.ip ?? null,
      request_id: origin?.requestId ?? null,
      details: JSON.stringify(details),
    })
    .execute();
}

export type EventFilter = {
  actor?: string | undefined;
  subject?: string | undefined;
  event?: string | undefined;
  /** RFC 3339; `from` is inclusive, `to` is exclusive. */
  from?: string | undefined;
  to?: string | undefined;
};

export function auditListing({ actor, subject, event, from, to }: EventFilter): Listing {
  const conditions = [
    actor && sql`actor_id = ${actor}::uuid`,
    subject && sql`subject_id = ${subject}::uuid`,
    event && sql`event = ${event}`,
    from && sql`occurred_at >= ${from}::timestamptz`,
    to && sql`occurred_at < ${to}::timestamptz`,
  ].filter((condition) => condition !== undefined && condition !== '');
  const filter = conditions.length === 0 ? everything : sql<boolean>`${sql.join(conditions, sql` AND `)}`;
  return { table: sql.table('audit_events'), order: newestFirst, filter };
}

const newestFirst = orderBy('-occurred_at', timeKey('occurred_at'), 'down');

export async function deleteAuditEventsBefore(db: Database, days: number): Promise<void> {
  const before = sql<Date>`now() - make_interval(days => ${days})`;
  const old = db.selectFrom('audit_events').select('id').where('occurred_at', '<', before).limit(cleanUpRows);
  await db.deleteFrom('audit_events').where('id', 'in', old).execute();
}
