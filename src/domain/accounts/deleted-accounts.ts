import { type Selectable, sql } from 'kysely';
import {
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import type { Realm } from '../realms/realms.ts';
import type { UserRow } from './account-rows.ts';
import { type PasswordColumn, withoutPassword } from './stored-columns.ts';

/** A user whether deleted or not. */
export type AnyUser = Omit<Selectable<UserRow>, PasswordColumn>;

export async function findAnyUser(db: Database, id: string): Promise<AnyUser | null> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? withoutPassword(row) : null;
}

/** Locks the row until the transaction ends; null if there is none. */
export async function lockAnyUser(trx: Transaction, id: string): Promise<AnyUser | null> {
  const query = trx.selectFrom('users').selectAll().where('id', '=', id).forUpdate();
  const row = await query.executeTakeFirst();
  return row ? withoutPassword(row) : null;
}

type HowDeleted = {
  by: 'owner' | 'admin';
  graceSeconds: number;
  /** Must not be erased earlier. */
  notBefore?: Date | undefined;
  /** The version that was verified; absent if no password was. */
  passwordVersion?: number;
};

/** Call it while the row is locked. Seconds until erasure; null if the password changed since. */
export async function markDeleted(
  trx: Transaction,
  id: string,
  { by, graceSeconds, notBefore, passwordVersion }: HowDeleted,
): Promise<number | null> {
  const soonest = sql<Date>`greatest(${secondsFromNow(graceSeconds)}, ${notBefore ?? null}::timestamptz)`;
  const times = {
    deleted_at: sql<Date>`coalesce(deleted_at, ${now})`,
    erase_at: sql<Date>`coalesce(erase_at, ${soonest})`,
  };
  let query = trx.updateTable('users').set({ ...times, deleted_by: by, updated_at: now });
  if (passwordVersion !== undefined) query = query.where('password_version', '=', passwordVersion);
  const left = sql<number>`extract(epoch FROM erase_at - now())::float8`.as('seconds');
  const row = await query.where('id', '=', id).returning(left).executeTakeFirst();
  return row?.seconds ?? null;
}

/** Marks users as deleted whose time to be restored is over; returns how many there are of them. */
export async function markDueForErasure(trx: Transaction, ids: readonly string[]): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    UPDATE users SET deleted_at = coalesce(deleted_at, now()), deleted_by = coalesce(deleted_by, 'admin'),
           erase_at = now(), updated_at = now()
     WHERE id = ANY(${ids}::uuid[])`.execute(trx);
  return Number(numAffectedRows);
}

/** Call it only while the row is locked. */
export async function unmarkDeleted(trx: Transaction, id: string): Promise<void> {
  const changes = { deleted_at: null, deleted_by: null, erase_at: null, updated_at: now };
  await trx.updateTable('users').set(changes).where('id', '=', id).execute();
}

/** The ids of users whose time to be restored is over, the longest ago first. */
export async function listDueForErasure(db: Database, limit: number): Promise<string[]> {
  const query = db.selectFrom('users').select('id').where('erase_at', '<=', now);
  const rows = await query.orderBy('erase_at').orderBy('id').limit(limit).execute();
  return rows.map(({ id }) => id);
}

/** Locks a due user; null if a restore was first, or another process erases it. */
export async function lockDueForErasure(trx: Transaction, id: string): Promise<AnyUser | null> {
  const query = trx
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .where('erase_at', '<=', now);
  const row = await query.forUpdate().skipLocked().executeTakeFirst();
  return row ? withoutPassword(row) : null;
}

/** Frees its names. */
export async function deleteAccount(trx: Transaction, realm: Realm, id: string): Promise<void> {
  await sql`DELETE FROM ${sql.table(realm.table)} WHERE id = ${id}`.execute(trx);
}
