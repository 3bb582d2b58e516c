import { randomUUIDv7 } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { KeyRing } from '../../platform/crypto/secret-keys.ts';
import { type Database, now, type Transaction } from '../../platform/database/database.ts';
import type { Origin } from '../../platform/logging/request-context.ts';
import type { AuditEvent } from './audit-event-row.ts';
import { digestPersonal, sealOf } from './event-seal.ts';
import type { SecurityEvent } from './security-events.ts';

export async function insertAuditEvent(
  { keys: { current: keys } }: { keys: KeyRing },
  db: Database | Transaction,
  { event, outcome, subject, actor, details, origin }: Required<SecurityEvent> & { origin: Origin | null },
): Promise<void> {
  const personal = { ip: origin?.ip ?? null, request_id: origin?.requestId ?? null };
  const row = {
    id: randomUUIDv7(),
    event,
    outcome,
    actor_kind: actor?.kind ?? null,
    actor_id: actor?.id ?? null,
    subject_kind: subject?.kind ?? null,
    subject_id: subject?.id ?? null,
    ...personal,
    details,
    ...digestPersonal(personal),
  };
  const sealed = { ...row, seal_key_id: keys.kid, seal: sealOf(keys, row) };
  const values = { ...sealed, details: JSON.stringify(details), occurred_at: now };
  await db.insertInto('audit_events').values(values).execute();
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

/** Newest first, with the total count. */
export async function listAuditEvents(
  db: Database,
  filter: EventFilter,
  { after, limit, offset }: { after: Position | null; limit: number; offset: number },
): Promise<{ rows: (AuditEvent & { cursor_time: string })[]; total: number }> {
  const chosen = conditionsOf(filter);
  const beyond = after ? sql`(occurred_at, id) < (${after.time}::timestamptz, ${after.id}::uuid)` : sql`true`;
  const { rows } = await sql<AuditEvent & { cursor_time: string }>`
    SELECT *, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS cursor_time
      FROM audit_events WHERE ${chosen} AND ${beyond}
     ORDER BY occurred_at DESC, id DESC LIMIT ${limit} OFFSET ${offset}`.execute(db);
  const counted = await sql<{ total: number }>`
    SELECT count(*)::int AS total FROM audit_events WHERE ${chosen}`.execute(db);
  return { rows, total: counted.rows[0]?.total ?? 0 };
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
