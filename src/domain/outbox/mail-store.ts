import { randomUUIDv7 } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import { mostCounted } from '../../platform/lists/list-rows.ts';
import type { Party } from '../realms/realms.ts';
import type { MailKind, MailRow, MailStatus } from './mail-row.ts';

export type Mail = Selectable<MailRow>;

export type NewMail = {
  kind: MailKind;
  recipient: string;
  subject: Party | null;
  linkId: Buffer | null;
  /** The device as the mail names it; from a closed list, never client input. */
  device: string | null;
  ip: string | null;
  lifeSeconds: number;
};

export async function insertMail(trx: Database | Transaction, mail: NewMail): Promise<string> {
  const id = randomUUIDv7();
  await trx
    .insertInto('mails')
    .values({
      id,
      kind: mail.kind,
      subject_kind: mail.subject?.kind ?? null,
      subject_id: mail.subject?.id ?? null,
      recipient: mail.recipient,
      link_id: mail.linkId,
      device: mail.device,
      ip: mail.ip,
      created_at: now,
      expires_at: secondsFromNow(mail.lifeSeconds),
    })
    .execute();
  return id;
}

/** Counts an attempt, unless the mail has expired. Null if the mail is no longer queued. */
export async function beginAttempt(
  db: Database,
  id: string,
): Promise<(Mail & { is_expired: boolean }) | null> {
  const row = await db
    .updateTable('mails')
    .set({ attempts: sql<number>`attempts + (expires_at > now())::int` })
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .returningAll()
    .returning(sql<boolean>`expires_at <= now()`.as('is_expired'))
    .executeTakeFirst();
  return row ?? null;
}

type Ending = { status: 'sent' | 'kept' } | { status: 'dead'; reason: string };

export async function finishMail(db: Database, id: string, ending: Ending): Promise<void> {
  const last_error = ending.status === 'dead' ? ending.reason : null;
  const changes = { status: ending.status, last_error, finished_at: now };
  await db
    .updateTable('mails')
    .set(changes)
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .execute();
}

export async function noteFailedAttempt(db: Database, id: string, reason: string): Promise<void> {
  await db.updateTable('mails').set({ last_error: reason }).where('id', '=', id).execute();
}

/** Marks expired mails as dead, in batches; returns how many. */
export async function buryExpiredMails(db: Database): Promise<number> {
  const queued = db.selectFrom('mails').select('id').where('status', '=', 'queued');
  const expired = queued.where('expires_at', '<=', now).limit(cleanUpRows);
  const result = await db
    .updateTable('mails')
    .set({
      status: 'dead',
      last_error: sql<string>`coalesce('expired: ' || last_error, 'expired')`,
      finished_at: now,
    })
    .where('id', 'in', expired)
    .where('status', '=', 'queued')
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Marks all queued mails as dead; returns how many. On a connection without time limits. */
export async function buryQueuedMails(trx: Transaction, reason: string): Promise<number> {
  const query = trx
    .updateTable('mails')
    .set({ status: 'dead', last_error: reason, finished_at: now });
  return Number((await query.where('status', '=', 'queued').executeTakeFirst()).numUpdatedRows);
}

/** Queues a dead mail again; false if there is none. Its count of attempts goes on. */
export async function reviveMail(
  trx: Transaction,
  id: string,
  lifeSeconds: number,
): Promise<boolean> {
  const result = await trx
    .updateTable('mails')
    .set({
      status: 'queued',
      finished_at: null,
      expires_at: sql<Date>`greatest(expires_at, ${secondsFromNow(lifeSeconds)})`,
    })
    .where('id', '=', id)
    .where('status', '=', 'dead')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function findMail(db: Database, id: string): Promise<Mail | null> {
  return (await db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** The mails about a party, for `inBatches`. */
export function readMailsOf(db: Database, { kind, id }: Party) {
  return (last: Mail | undefined, limit: number): Promise<Mail[]> => {
    const query = db.selectFrom('mails').selectAll().where('subject_id', '=', id);
    const rest = last === undefined ? query : query.where('id', '>', last.id);
    return rest.where('subject_kind', '=', kind).orderBy('id').limit(limit).execute();
  };
}

/** Ids of the mails about a party, and of all others to its present address. */
export async function deleteMailsOf(
  trx: Transaction,
  { kind, id, email }: Party & { email: string },
): Promise<string[]> {
  const isTheirs = sql<boolean>`(subject_id = ${id} AND subject_kind = ${kind})`;
  const isTo = sql<boolean>`lower(recipient) = lower(${email}::text COLLATE "C")`;
  const query = trx.deleteFrom('mails').where((eb) => eb.or([isTheirs, isTo]));
  return (await query.returning('id').execute()).map((mail) => mail.id);
}

export async function listKeptMails(db: Database, limit: number): Promise<Mail[]> {
  const query = db.selectFrom('mails').selectAll().where('status', '=', 'kept');
  return query.orderBy('id', 'desc').limit(limit).execute();
}

export async function deleteMailsFinishedBefore(db: Database, days: number): Promise<void> {
  const before = sql<Date>`now() - make_interval(days => ${days})`;
  // The condition on `created_at` only serves the index: a mail is created before it finishes.
  const finished = db.selectFrom('mails').select('id').where('finished_at', '<', before);
  const old = finished.where('created_at', '<', before).limit(cleanUpRows);
  await db.deleteFrom('mails').where('id', 'in', old).execute();
}

export async function countMails(
  db: Database,
  most = mostCounted,
): Promise<{
  byStatus: Record<MailStatus, number>;
  failedAttempts: number;
  oldestQueuedSeconds: number;
}> {
  const { rows } = await sql<StatusCount>`
    SELECT status, counted.count, counted.attempts, counted."oldestSeconds"
      FROM unnest(ARRAY['queued', 'sent', 'kept', 'dead']) AS status,
           LATERAL (SELECT count(*)::int AS count, coalesce(sum(attempts), 0)::int AS attempts,
                           coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS "oldestSeconds"
                      FROM (SELECT attempts, created_at FROM mails WHERE mails.status = status.status
                             ORDER BY id LIMIT ${most}) AS oldest) AS counted`.execute(db);
  const byStatus = { queued: 0, sent: 0, kept: 0, dead: 0 };
  for (const { status, count } of rows) byStatus[status] = count;
  const attempts = rows.reduce((sum, row) => sum + row.attempts, 0);
  return {
    byStatus,
    failedAttempts: attempts - byStatus.sent - byStatus.kept,
    oldestQueuedSeconds: rows.find(({ status }) => status === 'queued')?.oldestSeconds ?? 0,
  };
}

type StatusCount = { status: MailStatus; count: number; attempts: number; oldestSeconds: number };
