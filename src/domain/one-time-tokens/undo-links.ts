import { sql } from 'kysely';
import { type Database, now, type Transaction } from '../../platform/database/database.ts';
import { type Link, open } from './link-store.ts';

/** The open link that undoes the last change away from a verified address; null where there is none. */
export async function findNewestUndoLink(db: Database, subjectId: string): Promise<Link | null> {
  const query = openUndoLinks(db).selectAll().where('subject_id', '=', subjectId);
  return (await query.orderBy('created_at', 'desc').limit(1).executeTakeFirst()) ?? null;
}

/** The first of the subject's own open links that would bring this address back; null where none would. */
export async function findUndoLinkTo(
  trx: Transaction,
  subjectId: string,
  email: string,
): Promise<Link | null> {
  const query = openUndoLinks(trx).selectAll().where('subject_id', '=', subjectId).where(leadsTo(email));
  return (await query.orderBy('created_at').limit(1).executeTakeFirst()) ?? null;
}

/** Whom an open undo link may still bring this address back: nobody else gets it meanwhile. Null where nobody. */
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

/**
 * Ends all open undo links but the oldest, which leads back to before the first change: a thief who knows the password
 * must not be able to end it, and each later one may be a thief's own. Call it where the account's row is locked.
 */
export async function endLaterUndoLinks(trx: Transaction, subjectId: string, reason: string): Promise<void> {
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
