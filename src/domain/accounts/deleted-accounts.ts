import { type Selectable, sql } from 'kysely';
import type { Database, Transaction } from '../../platform/database/database.ts';
import type { Realm } from '../realms/realms.ts';
import type { UserRow } from './account-rows.ts';
import { type PasswordColumn, withoutPassword } from './account-store.ts';

/** A user whether deleted or not. */
export type AnyUser = Omit<Selectable<UserRow>, PasswordColumn>;

export async function findAnyUser(db: Database, id: string): Promise<AnyUser | null> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? withoutPassword(row) : null;
}

/** Frees its names. */
export async function deleteAccount(trx: Transaction, realm: Realm, id: string): Promise<void> {
  await sql`DELETE FROM ${sql.table(realm.table)} WHERE id = ${id}`.execute(trx);
}
