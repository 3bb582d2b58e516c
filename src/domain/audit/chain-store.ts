import { type RawBuilder, sql } from 'kysely';
import type { Database, Transaction } from '../../platform/database/database.ts';
import type { ChainEntry, ChainMark, MarkKind } from './audit-chain-rows.ts';
import type { AuditEvent } from './audit-event-row.ts';
import type { HashedFields, PersonalDigest } from './event-seal.ts';

// An arbitrary constant, but the same in every release.
const advisoryLock = 7_214_003_552;

/** Its subject's personal fields have been removed. */
const erasureEvent = 'user_erased';

/** One transaction at a time changes the chain; false while another one does. */
export async function lockChain(trx: Transaction): Promise<boolean> {
  const locking = sql<{
    locked: boolean;
  }>`SELECT pg_try_advisory_xact_lock(${advisoryLock}) AS locked`;
  return (await locking.execute(trx)).rows[0]?.locked ?? false;
}

export type Marks = Partial<Record<MarkKind, ChainMark>>;

/** The marks and the last entry, as of one moment. */
export async function readMarks(
  db: Database | Transaction,
): Promise<{ marks: Marks; last: ChainEntry | null }> {
  // One statement: between two, the job could add an entry.
  const { rows } = await sql<{ marks: MarkText[] | null; last: EntryText | null }>`
    SELECT (SELECT json_agg(mark) FROM (SELECT kind, ${markColumns} FROM audit_marks) AS mark) AS marks,
           (SELECT row_to_json(entry) FROM (SELECT ${entryColumns} FROM audit_chain
             ORDER BY audit_chain.position DESC LIMIT 1) AS entry) AS last`.execute(db);
  const [{ marks, last } = { marks: null, last: null }] = rows;
  return {
    marks: Object.fromEntries((marks ?? []).map((mark) => [mark.kind, binaryMark(mark)])),
    last: last && binaryEntry(last),
  };
}

export async function putMark(trx: Transaction, { marked_at, ...mark }: ChainMark): Promise<void> {
  const row = { ...mark, marked_at: sql<Date>`${marked_at}::timestamptz` };
  const { kind: _, ...changes } = row;
  const insert = trx.insertInto('audit_marks').values(row);
  await insert.onConflict((conflict) => conflict.column('kind').doUpdateSet(changes)).execute();
}

export type StoredEvent = HashedFields &
  Pick<AuditEvent, 'ip' | 'request_id' | 'personal_salt' | 'is_chained'>;

export async function hasUnchainedEvents(db: Database): Promise<boolean> {
  const query = db.selectFrom('audit_events').select('id').where('is_chained', '=', false).limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

/** True while the end of the chain has another process's key, for at most an hour. */
export async function isOfOtherProcess(
  trx: Transaction,
  keyIds: readonly string[],
): Promise<boolean> {
  const query = trx.selectFrom('audit_marks').select('kind').where('kind', '=', 'head');
  const ofOther = query.where('key_id', 'not in', keyIds);
  const recent = ofOther.where('marked_at', '>', sql<Date>`now() - interval '1 hour'`);
  return (await recent.executeTakeFirst()) !== undefined;
}

/**
 * Locks events that have no entry yet. Leaves those that are being erased, and for an hour those
 * whose key only another process knows. `chained_position` is null unless somebody has reset
 * `is_chained` of an event in the chain.
 */
export async function takeUnchained(
  trx: Transaction,
  keyIds: readonly string[],
  limit: number,
): Promise<(StoredEvent & { chained_position: string | null })[]> {
  const { rows } = await sql<StoredEvent & { chained_position: string | null }>`
    SELECT ${eventColumns}, audit_chain.position::text AS chained_position
      FROM audit_events LEFT JOIN audit_chain ON event_id = id
     WHERE NOT is_chained AND (seal_key_id IS NULL OR seal_key_id IN (${sql.join(keyIds)})
           OR occurred_at < now() - interval '1 hour')
     ORDER BY id LIMIT ${limit} FOR UPDATE OF audit_events SKIP LOCKED`.execute(trx);
  return rows;
}

export async function insertEntries(
  trx: Transaction,
  entries: readonly ChainEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const values = entries.map((entry) => ({
    ...entry,
    chained_at: sql<Date>`${entry.chained_at}::timestamptz`,
  }));
  await trx.insertInto('audit_chain').values(values).execute();
}

export async function markChained(trx: Transaction, eventIds: readonly string[]): Promise<void> {
  await trx
    .updateTable('audit_events')
    .set({ is_chained: true })
    .where('id', 'in', eventIds)
    .execute();
}

/** For an event of a release that stored no digest. */
export async function storeDigest(
  trx: Transaction,
  eventId: string,
  digest: PersonalDigest,
): Promise<void> {
  await trx.updateTable('audit_events').set(digest).where('id', '=', eventId).execute();
}

export type ChainedEvent = { entry: ChainEntry; event: StoredEvent | null };

/** Entries in their order, each with its event; null where that is gone. */
export async function sliceOfChain(
  db: Database | Transaction,
  { after, upTo, limit }: { after: string; upTo?: string; limit: number },
): Promise<ChainedEvent[]> {
  const until = upTo === undefined ? sql`true` : sql`audit_chain.position <= ${upTo}::bigint`;
  const { rows } = await sql<EntryText & Omit<StoredEvent, 'key_id'>>`
    SELECT ${entryColumns}, ${eventColumns} FROM audit_chain LEFT JOIN audit_events ON id = event_id
     WHERE audit_chain.position > ${after}::bigint AND ${until}
     ORDER BY audit_chain.position LIMIT ${limit}`.execute(db);
  return rows.map((row) => ({ entry: binaryEntry(row), event: row.id === null ? null : row }));
}

/** Deletes the entries up to a position, and their events. */
export async function deleteUpTo(trx: Transaction, position: string): Promise<void> {
  await sql`
    WITH old AS (DELETE FROM audit_chain WHERE position <= ${position}::bigint RETURNING event_id)
    DELETE FROM audit_events WHERE id IN (SELECT event_id FROM old)`.execute(trx);
}

export type EventState = { id: string; is_chained: boolean; has_entry: boolean };

/** All events in order of id, and whether they have an entry. */
export async function sliceOfEvents(
  db: Database,
  after: string,
  limit: number,
): Promise<EventState[]> {
  const { rows } = await sql<EventState>`
    SELECT id, is_chained, event_id IS NOT NULL AS has_entry
      FROM (SELECT id, is_chained FROM audit_events WHERE id > ${after}::uuid ORDER BY id LIMIT ${limit}) AS slice
      LEFT JOIN audit_chain ON event_id = id ORDER BY id`.execute(db);
  return rows;
}

/** The events whose empty fields an erasure explains: their own, or of the same transaction. */
export async function erasedAmong(db: Database, eventIds: readonly string[]): Promise<Set<string>> {
  if (eventIds.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT emptied.id FROM audit_events AS emptied
      JOIN audit_events AS cause ON cause.occurred_at = emptied.occurred_at
      JOIN audit_events AS erasure ON erasure.subject_id IN (cause.subject_id, cause.actor_id)
     WHERE emptied.id IN (${sql.join(eventIds)}) AND erasure.event = ${erasureEvent}
       AND erasure.outcome = 'success'`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

export async function countForMetrics(db: Database) {
  const { rows } = await sql<{ unchained: number; oldestSeconds: number; breaks: number }>`
    SELECT count(*)::int AS unchained,
           coalesce(greatest(extract(epoch FROM now() - min(occurred_at)), 0), 0)::float8 AS "oldestSeconds",
           (SELECT count(*)::int FROM audit_events WHERE event = 'audit_chain_broken') AS breaks
      FROM (SELECT occurred_at FROM audit_events WHERE NOT is_chained ORDER BY id LIMIT 100000) AS waiting`.execute(
    db,
  );
  return rows[0] ?? { unchained: 0, oldestSeconds: 0, breaks: 0 };
}

/** The database's time, or that some days ago, as text with its microseconds. */
export async function readTime(trx: Transaction, daysAgo = 0): Promise<string> {
  const then = sql`(now() - make_interval(days => ${daysAgo}))`;
  const { rows } = await sql<{ time: string }>`SELECT ${utcText(then)} AS time`.execute(trx);
  return rows[0]?.time ?? '';
}

function utcText(time: RawBuilder<unknown>) {
  return sql<string>`to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

type Bytes = 'event_hash' | 'hash' | 'mac';
type EntryText = { [K in keyof ChainEntry]: K extends Bytes ? string : ChainEntry[K] };
type MarkText = { [K in keyof ChainMark]: K extends Bytes ? string : ChainMark[K] };

// Bytes as hexadecimal digits, so that the columns are the same within JSON.
const entryColumns = sql`
  audit_chain.position::text AS position, event_id, encode(event_hash, 'hex') AS event_hash, is_sealed,
  ${utcText(sql`chained_at`)} AS chained_at, key_id, encode(hash, 'hex') AS hash, encode(mac, 'hex') AS mac`;

const markColumns = sql`
  position::text AS position, encode(hash, 'hex') AS hash, ${utcText(sql`marked_at`)} AS marked_at, key_id,
  encode(mac, 'hex') AS mac`;

const eventColumns = sql`
  id, event, outcome, actor_kind, actor_id, subject_kind, subject_id, ip, request_id, details, personal_salt,
  personal_digest, seal_key_id, seal, is_chained, ${utcText(sql`occurred_at`)} AS occurred_at`;

function binaryEntry({
  position,
  event_id,
  is_sealed,
  chained_at,
  key_id,
  ...bytes
}: EntryText): ChainEntry {
  const { event_hash, hash, mac } = bytes;
  const binary = { event_hash: bytesOf(event_hash), hash: bytesOf(hash), mac: bytesOf(mac) };
  return { position, event_id, is_sealed, chained_at, key_id, ...binary };
}

function binaryMark({ hash, mac, ...mark }: MarkText): ChainMark {
  return { ...mark, hash: bytesOf(hash), mac: bytesOf(mac) };
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
