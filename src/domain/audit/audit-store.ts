import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import type { KeyRing } from '../../platform/crypto/secret-keys.ts';
import { compileOnce } from '../../platform/database/compile-once.ts';
import type { Database, Transaction } from '../../platform/database/database.ts';
import { everything, type Listing } from '../../platform/lists/list-rows.ts';
import { orderBy, timeKey } from '../../platform/lists/order.ts';
import type { Origin } from '../../platform/logging/request-context.ts';
import type { Party } from '../realms/realms.ts';
import type { AuditEvent, NewAuditEvent } from './audit-event-row.ts';
import { digestPersonal, sealOf } from './event-seal.ts';
import type { SecurityEvent, SecurityEventName } from './security-events.ts';

export async function insertAuditEvent(
  { keys: { current: keys } }: { keys: KeyRing },
  db: Database | Transaction,
  {
    event,
    outcome,
    subject,
    actor,
    details,
    origin,
  }: Required<SecurityEvent> & { origin: Origin | null },
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
  await insert(db, { ...sealed, details: JSON.stringify(details) });
}

/** All of them, which the type checks. */
const inserted: Record<keyof NewAuditEvent, true> = {
  id: true,
  event: true,
  outcome: true,
  actor_kind: true,
  actor_id: true,
  subject_kind: true,
  subject_id: true,
  ip: true,
  request_id: true,
  details: true,
  personal_salt: true,
  personal_digest: true,
  seal_key_id: true,
  seal: true,
};
const insertedColumns = Object.keys(inserted) as (keyof NewAuditEvent)[];

const insert = compileOnce<NewAuditEvent, never>(
  (value) => sql`
    INSERT INTO audit_events (${sql.join(insertedColumns.map((name) => sql.ref(name)))}, occurred_at)
    VALUES (${sql.join(insertedColumns.map(value))}, now())`,
);

export type EventFilter = {
  actor?: string | undefined;
  subject?: string | undefined;
  event?: string | undefined;
  /** RFC 3339; `from` is inclusive, `to` is exclusive. */
  from?: string | undefined;
  to?: string | undefined;
};

export function auditListing({
  actor,
  subject,
  event,
  from,
  to,
}: EventFilter): Listing<AuditEvent> {
  const conditions = [
    actor && sql`actor_id = ${actor}::uuid`,
    subject && sql`subject_id = ${subject}::uuid`,
    event && sql`event = ${event}`,
    from && sql`occurred_at >= ${from}::timestamptz`,
    to && sql`occurred_at < ${to}::timestamptz`,
  ].filter((condition) => condition !== undefined && condition !== '');
  const filter =
    conditions.length === 0 ? everything : sql<boolean>`${sql.join(conditions, sql` AND `)}`;
  return { table: sql.table<AuditEvent>('audit_events'), order: newestFirst, filter };
}

/** The newest event of a name; null if there is none. */
export async function findNewest(
  db: Database,
  event: SecurityEventName,
): Promise<Pick<AuditEvent, 'occurred_at' | 'outcome' | 'details'> | null> {
  const query = db.selectFrom('audit_events').select(['occurred_at', 'outcome', 'details']);
  const newest = query.where('event', '=', event).orderBy('occurred_at', 'desc');
  return (await newest.orderBy('id', 'desc').limit(1).executeTakeFirst()) ?? null;
}

/** Five indexes change with each; a busy server has to end them within the time of a statement. */
export const eventsErasedAtOnce = 1000;

const newestFirst = orderBy('-occurred_at', timeKey('occurred_at'), 'down');

/**
 * Removes the address and the request, which leads to it in the log, from the events of an account.
 * The rows stay, with ids that then lead to nobody, and without the salt that would tell a guessed
 * address by its digest. What an admin did to the account keeps the
 * admin's address. In batches, because each statement has a timeout.
 */
export async function erasePlacesOf(trx: Transaction, { kind, id }: Party): Promise<void> {
  const isOwn = sql`((subject_id = ${id} AND subject_kind = ${kind} AND actor_kind IS DISTINCT FROM 'admin')
    OR (actor_id = ${id} AND actor_kind = ${kind}))`;
  // Who claims an address is the cause of an event of the account that had it, without being its
  // actor.
  const isCaused = sql`(event = 'email_reverted' AND actor_id IS NULL AND (occurred_at, request_id) IN (
    SELECT occurred_at, request_id FROM audit_events WHERE subject_id = ${id} AND subject_kind = ${kind}
       AND event IN ('account_registered', 'email_changed')))`;
  for (const isTheirs of [isCaused, isOwn]) {
    const some = sql`SELECT id FROM audit_events WHERE ${isTheirs}
       AND (ip IS NOT NULL OR request_id IS NOT NULL OR personal_salt IS NOT NULL) LIMIT ${eventsErasedAtOnce}`;
    const erase = sql`
      UPDATE audit_events SET ip = NULL, request_id = NULL, personal_salt = NULL WHERE id IN (${some})`;
    while (((await erase.execute(trx)).numAffectedRows ?? 0n) > 0n);
  }
}
