import { randomUUIDv7 } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { type Database, now, type Transaction } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/database/database-errors.ts';
import { duplicate } from '../../platform/errors.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import type { Realm } from '../realms/realms.ts';
import type { AccountRow } from './account-rows.ts';
import type { Metadata } from './metadata.ts';
import {
  type PasswordColumn,
  passwordColumns,
  withJsonText,
  withoutPassword,
} from './stored-columns.ts';

/**
 * A user, with `is_superuser`, `is_email_verified` and metadata, or an admin, with `is_superadmin`.
 */
export type Account = Omit<Selectable<AccountRow>, PasswordColumn> & {
  is_superuser?: boolean;
  is_email_verified?: boolean;
  metadata?: Metadata;
  app_metadata?: Metadata;
  is_superadmin?: boolean;
  deleted_at?: Date | null;
  invited_at?: Date | null;
};

export type NewAccount = Pick<AccountRow, 'username' | 'email' | 'full_name'> & {
  /** Null: a user who has yet to set one. */
  password: StoredPassword | null;
  is_superadmin?: boolean;
  is_superuser?: boolean;
  /** Until the address is verified. */
  isInvited?: boolean;
  metadata?: Metadata;
  app_metadata?: Metadata;
};

type Changeable =
  | 'username'
  | 'email'
  | 'full_name'
  | 'is_active'
  | 'is_superuser'
  | 'is_superadmin'
  | 'metadata'
  | 'app_metadata';

export type AccountChange = Partial<Pick<Account, Changeable>>;

/** Both tables share the columns used here, so the query builder is typed for one of them. */
export function accountTable(realm: Realm): 'users' {
  return realm.table as 'users';
}

/** Deleted accounts exist for none of these functions; `deleted-accounts.ts` sees them. */
export function notDeleted({ kind }: Realm) {
  return kind === 'user' ? sql<boolean>`deleted_at IS NULL` : sql<boolean>`true`;
}

/** Throws `DuplicateRecordError` with the field if the e-mail or username is taken in any case. */
export async function insertAccount(
  trx: Transaction,
  realm: Realm,
  account: NewAccount,
): Promise<Account> {
  const { password, isInvited, ...fields } = account;
  const values = {
    id: randomUUIDv7(),
    ...withJsonText(fields),
    ...(isInvited && { invited_at: now }),
    ...passwordColumns(password),
    created_at: now,
    updated_at: now,
  };
  const row = await trx
    .insertInto(accountTable(realm))
    .values(values as never)
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch(namingDuplicateOf(realm));
  return withoutPassword(row);
}

/**
 * The field that is already taken in the realm, by a deleted account too, or null. Saves hashing a
 * password for nothing.
 */
export async function findTakenField(
  db: Database,
  realm: Realm,
  { username, email }: { username: string | null; email?: string },
): Promise<'email' | 'username' | null> {
  const isSame = email === undefined ? sql<boolean>`false` : hasEmail(email);
  const rows = await db
    .selectFrom(accountTable(realm))
    .select(isSame.as('same_email'))
    .where((eb) => eb.or([isSame, ...(username === null ? [] : [hasUsername(username)])]))
    .execute();
  if (rows.length === 0) return null;
  return rows.some((row) => row.same_email) ? 'email' : 'username';
}

export async function findAccount(db: Database, realm: Realm, id: string): Promise<Account | null> {
  const query = db.selectFrom(accountTable(realm)).selectAll().where('id', '=', id);
  const row = await query.where(notDeleted(realm)).executeTakeFirst();
  return row ? withoutPassword(row) : null;
}

/** Call it only while the account's row is locked. */
export async function setHasSecondFactor(
  trx: Transaction,
  realm: Realm,
  id: string,
  hasSecondFactor: boolean,
): Promise<void> {
  const query = trx.updateTable(accountTable(realm)).set({ has_second_factor: hasSecondFactor });
  await query.where('id', '=', id).execute();
}

/** Locks the row until the transaction ends; null if there is none. */
export async function lockAccount(
  trx: Transaction,
  realm: Realm,
  id: string,
): Promise<Account | null> {
  const query = trx.selectFrom(accountTable(realm)).selectAll().where('id', '=', id);
  const row = await query.where(notDeleted(realm)).forUpdate().executeTakeFirst();
  return row ? withoutPassword(row) : null;
}

/**
 * Throws `DuplicateRecordError` if the new e-mail or username is taken. Whoever verifies the address
 * of an invited user has accepted, on whatever way.
 */
export async function updateAccount(
  trx: Transaction,
  realm: Realm,
  id: string,
  change: AccountChange & { is_email_verified?: boolean },
): Promise<Account> {
  const row = await trx
    .updateTable(accountTable(realm))
    .set({
      ...withJsonText(change),
      ...(change.is_email_verified && { invited_at: null }),
      updated_at: now,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch(namingDuplicateOf(realm));
  return withoutPassword(row);
}

export function hasEmail(value: string) {
  return sql<boolean>`lower(email) = ${folded(value)}`;
}

export function hasUsername(value: string) {
  return sql<boolean>`lower(username) = ${folded(value)}`;
}

/** Folds A to Z only, like the unique indexes: other locales fold the Kelvin sign to k. */
function folded(value: string) {
  return sql<string>`lower(${value}::text COLLATE "C")`;
}

function namingDuplicateOf({ kind }: Realm) {
  return (error: unknown): never => {
    const constraint = violatedConstraint(error);
    if (constraint?.endsWith('_email_unique')) throw duplicate('email', kind);
    if (constraint?.endsWith('_username_unique')) throw duplicate('username', kind);
    throw error;
  };
}
