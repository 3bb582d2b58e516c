import { type RawBuilder, type Selectable, sql } from 'kysely';
import { type Database, now, type Transaction } from '../../platform/database/database.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import type { Realm } from '../realms/realms.ts';
import type { AccountRow } from './account-rows.ts';
import { accountTable, hasEmail, hasUsername, notDeleted } from './account-store.ts';
import { passwordColumnNames, passwordColumns } from './stored-columns.ts';

/** What a password check needs. Never part of a response. */
export type Credentials = Pick<Selectable<AccountRow>, (typeof credentialColumns)[number]>;

export const credentialColumns = [
  'id',
  'username',
  'email',
  'is_active',
  'has_second_factor',
  ...passwordColumnNames,
] as const;

/** By e-mail if the identifier has an @, which no username has. Null if there is no account. */
export async function findCredentials(
  db: Database,
  realm: Realm,
  identifier: string,
): Promise<Credentials | null> {
  const row = await db
    .selectFrom(accountTable(realm))
    .select(credentialColumns)
    .where(identifier.includes('@') ? hasEmail(identifier) : hasUsername(identifier))
    .where(notDeleted(realm))
    .executeTakeFirst();
  return row ?? null;
}

export async function findCredentialsById(
  db: Database,
  realm: Realm,
  id: string,
): Promise<Credentials | null> {
  return (await selectCredentials(db, realm, sql`${id}`).executeTakeFirst()) ?? null;
}

/** The query alone, for a statement that finds the id itself. */
export function selectCredentials(db: Database, realm: Realm, id: RawBuilder<string>) {
  const query = db.selectFrom(accountTable(realm)).select(credentialColumns);
  return query.where('id', '=', id).where(notDeleted(realm));
}

/** Sets the password if the verified one is still current. A rehash keeps the version. */
export async function replacePassword(
  db: Database,
  realm: Realm,
  verified: Pick<Credentials, 'id' | 'password_version'>,
  password: StoredPassword,
  change: 'new password' | 'rehash',
): Promise<boolean> {
  const changed =
    change === 'new password'
      ? { password_version: sql<number>`password_version + 1`, updated_at: now }
      : {};
  const result = await db
    .updateTable(accountTable(realm))
    .set({ ...passwordColumns(password), ...changed })
    .where('id', '=', verified.id)
    .where(notDeleted(realm))
    .where('is_active', '=', true)
    .where('password_version', '=', verified.password_version)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Sets the password, or voids it, unconditionally. Call it only while the account's row is locked.
 */
export async function setPassword(
  trx: Transaction,
  realm: Realm,
  id: string,
  password: StoredPassword | null,
): Promise<void> {
  const version = sql<number>`password_version + 1`;
  const changes = { ...passwordColumns(password), password_version: version, updated_at: now };
  await trx.updateTable(accountTable(realm)).set(changes).where('id', '=', id).execute();
}
