import { sql } from 'kysely';
import { type Database, now, type Transaction } from '../../platform/database/database.ts';
import { type Link, open } from './link-store.ts';

/** The open link that undoes the last change away from a verified address, or null. */
export async function findNewestUndoLink(db: Database, subjectId: string): Promise<Link | null> {
  const query = openUndoLinks(db).selectAll().where('subject_id', '=', subjectId);
  return (await query.orderBy('created_at', 'desc').limit(1).executeTakeFirst()) ?? null;
}

/** The subject's oldest open link that would restore this address, or null. */
export async function findUndoLinkTo(
  trx: Transaction,
  subjectId: string,
  email: string,
): Promise<Link | null> {
  const query = openUndoLinks(trx)
    .selectAll()
    .where('subject_id', '=', subjectId)
    .where(leadsTo(email));
  return (await query.orderBy('created_at').limit(1).executeTakeFirst()) ?? null;
}

/** The account that can still restore this address by an undo link; nobody else may take it. */
export async function findReserver(
  db: Database,
  email: string,
  exceptId?: string,
): Promise<{ subjectId: string } | null> {
  let query = openUndoLinks(db).select('subject_id').where(leadsTo(email));
  if (exceptId !== undefined) query = query.where('subject_id', '!=', exceptId);
  const row = await query.limit(1).executeTakeFirst();
  return row ? { subjectId: row.subject_id } : null;
}

/** Those of the addresses that some account can still restore by an undo link, in lower case. */
export async function findReservedAddresses(
  trx: Transaction,
  emails: readonly string[],
): Promise<Set<string>> {
  const wanted = sql`SELECT lower(value COLLATE "C") FROM jsonb_array_elements_text(${JSON.stringify(emails)}::jsonb)`;
  const rows = await openUndoLinks(trx)
    .select(sql<string>`lower(email)`.as('email'))
    .where(sql<boolean>`lower(email) IN (${wanted})`)
    .execute();
  return new Set(rows.map(({ email }) => email));
}

/**
 * Ends all open undo links except the oldest, which restores the state before the first change. A
 * thief who knows the password must not be able to end that one; the later ones may be the thief's.
 * Call it only while the account's row is locked.
 */
export async function endLaterUndoLinks(
  trx: Transaction,
  subjectId: string,
  reason: string,
): Promise<void> {
  const oldest = openUndoLinks(trx).select('id').where('subject_id', '=', subjectId);
  await trx
    .updateTable('links')
    .set({ ended_at: now, end_reason: reason })
    .where('subject_id', '=', subjectId)
    .where('purpose', '=', 'email_change_undo')
    .where(open)
    .where('id', 'not in', oldest.orderBy('created_at').limit(1))
    .execute();
}

function openUndoLinks(db: Database) {
  return db.selectFrom('links').where('purpose', '=', 'email_change_undo').where(open);
}

function leadsTo(email: string) {
  return sql<boolean>`lower(email) = lower(${email}::text COLLATE "C")`;
}
