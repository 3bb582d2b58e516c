import { randomUUIDv7 } from 'node:crypto';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { cleanUpRows, type Database, now, type Transaction } from '../../platform/database/database.ts';
import type { Origin } from '../../platform/logging/request-context.ts';
import type { Party } from '../realms/realms.ts';
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

/** Where a page ended. The time is text, because a JavaScript Date would drop its microseconds. */
export type Position = { time: string; id: string };

export type PositionedEvent = AuditEvent & { cursor_time: string };
type Wanted = { after: Position | null; limit: number; offset: number };

/** Newest first, with the total count. */
export async function listAuditEvents(
  db: Database,
  filter: EventFilter,
  wanted: Wanted,
): Promise<{ rows: PositionedEvent[]; total: number }> {
  const rows = await readAuditEvents(db, filter, wanted);
  const counted = await sql<{ total: number }>`
    SELECT count(*)::int AS total FROM audit_events WHERE ${conditionsOf(filter)}`.execute(db);
  return { rows, total: counted.rows[0]?.total ?? 0 };
}

export async function readAuditEvents(
  db: Database,
  filter: EventFilter,
  { after, limit, offset }: Wanted,
): Promise<PositionedEvent[]> {
  const chosen = conditionsOf(filter);
  const beyond = after ? sql`(occurred_at, id) < (${after.time}::timestamptz, ${after.id}::uuid)` : sql`true`;
  const { rows } = await sql<PositionedEvent>`
    SELECT *, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS cursor_time
      FROM audit_events WHERE ${chosen} AND ${beyond}
     ORDER BY occurred_at DESC, id DESC LIMIT ${limit} OFFSET ${offset}`.execute(db);
  return rows;
}

function conditionsOf({ actor, subject, event, from, to }: EventFilter): RawBuilder<unknown> {
  const conditions = [
    actor && sql`actor_id = ${actor}::uuid`,
    subject && sql`subject_id = ${subject}::uuid`,
    event && sql`event = ${event}`,
    from && sql`occurred_at >= ${from}::timestamptz`,
    to && sql`occurred_at < ${to}::timestamptz`,
  ].filter((condition) => condition !== undefined && condition !== '');
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` AND `);
}

/**
 * Removes the address and the request, which leads to it in the log, from the events of an account.
 * The rows stay, with ids that then lead to nobody. What an admin did to the account keeps the
 * admin's address. In batches, because each statement has a timeout.
 */
export async function erasePlacesOf(trx: Transaction, { kind, id }: Party): Promise<void> {
  const isOwn = sql`((subject_id = ${id} AND subject_kind = ${kind} AND actor_kind IS DISTINCT FROM 'admin')
    OR (actor_id = ${id} AND actor_kind = ${kind}))`;
  // Who claims an address is the cause of an event of the account that had it, without being its actor.
  const isCaused = sql`(event = 'email_reverted' AND actor_id IS NULL AND (occurred_at, request_id) IN (
    SELECT occurred_at, request_id FROM audit_events WHERE subject_id = ${id} AND subject_kind = ${kind}
       AND event IN ('account_registered', 'email_changed')))`;
  for (const isTheirs of [isCaused, isOwn]) {
    const some = sql`SELECT id FROM audit_events WHERE ${isTheirs}
       AND (ip IS NOT NULL OR request_id IS NOT NULL) LIMIT ${cleanUpRows}`;
    const erase = sql`UPDATE audit_events SET ip = NULL, request_id = NULL WHERE id IN (${some})`;
    while (((await erase.execute(trx)).numAffectedRows ?? 0n) > 0n);
  }
}

export async function deleteAuditEventsBefore(db: Database, days: number): Promise<void> {
  const before = sql<Date>`now() - make_interval(days => ${days})`;
  const old = db.selectFrom('audit_events').select('id').where('occurred_at', '<', before).limit(cleanUpRows);
  await db.deleteFrom('audit_events').where('id', 'in', old).execute();
}
