import { type RawBuilder, sql } from 'kysely';
import { arrayLiteral } from '../../platform/database/array-literal.ts';
import type { Transaction } from '../../platform/database/database.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import type { Realm } from '../realms/realms.ts';
import type { Metadata } from './metadata.ts';

/** An account as another system kept it. Absent times are those of the import. */
export type ImportedAccount = {
  id: string;
  username: string | null;
  email: string;
  full_name: string | null;
  is_active: boolean;
  is_superuser?: boolean;
  is_email_verified?: boolean;
  is_superadmin?: boolean;
  metadata?: Metadata;
  app_metadata?: Metadata;
  legacy_id: string | null;
  password: StoredPassword | null;
  last_login_at: string | null;
  /** In base32, of an authenticator app in force; `domain/factors` keeps it. */
  totp_secret: string | null;
  created_at: string | null;
};

export type TakenField = 'email' | 'username' | 'legacy_id';

type Value = string | boolean | null;
type Column = readonly [name: string, type: string, value: (account: ImportedAccount) => Value];

const columns: readonly Column[] = [
  ['id', 'uuid', ({ id }) => id],
  ['username', 'text', ({ username }) => username],
  ['email', 'text', ({ email }) => email],
  ['full_name', 'text', ({ full_name }) => full_name],
  ['is_active', 'boolean', ({ is_active }) => is_active],
  ['legacy_id', 'text', ({ legacy_id }) => legacy_id],
  ['last_login_at', 'timestamptz', ({ last_login_at }) => last_login_at],
  ['created_at', 'timestamptz', ({ created_at }) => created_at],
  ['has_second_factor', 'boolean', ({ totp_secret }) => totp_secret !== null],
  ['password_scheme', 'text', ({ password }) => password?.scheme ?? null],
  ['password_hash', 'text', ({ password }) => password?.hash ?? null],
  ['password_key', 'text', ({ password }) => password?.key?.toString('hex') ?? null],
];

const columnsOfRealm: Record<Realm['kind'], readonly Column[]> = {
  user: [
    ...columns,
    ['is_superuser', 'boolean', ({ is_superuser }) => is_superuser ?? false],
    ['is_email_verified', 'boolean', ({ is_email_verified }) => is_email_verified ?? false],
    ['metadata', 'jsonb', ({ metadata }) => JSON.stringify(metadata ?? {})],
    ['app_metadata', 'jsonb', ({ app_metadata }) => JSON.stringify(app_metadata ?? {})],
  ],
  admin: [...columns, ['is_superadmin', 'boolean', ({ is_superadmin }) => is_superadmin ?? false]],
};

/** How a column is made of what is read, where that is not the same. */
const converted: Record<string, (given: RawBuilder<unknown>) => RawBuilder<unknown>> = {
  password_key: (given) => sql`decode(${given}, 'hex')`,
  created_at: (given) => sql`coalesce(${given}, now())`,
};

/**
 * Inserts all in one statement but those whose names are taken, in the table or by one before them;
 * gives the ids of the inserted.
 */
export async function insertAccounts(
  trx: Transaction,
  realm: Realm,
  accounts: readonly ImportedAccount[],
): Promise<Set<string>> {
  const list = columnsOfRealm[realm.kind].map((column) => travelling(column, accounts));
  const names = sql.join(list.map(({ name }) => sql.ref(name)));
  const values = sql.join(list.map(({ name, given }) => converted[name]?.(given) ?? given));
  const arrays = list.flatMap(({ array }) => array ?? []);
  const inArrays = list.filter(({ array }) => array !== null).map(({ name }) => sql.ref(name));
  const { rows } = await sql<{ id: string }>`
    INSERT INTO ${sql.table(realm.table)} (${names}, updated_at)
    SELECT ${values}, now() FROM unnest(${sql.join(arrays)}) AS record (${sql.join(inArrays)})
        ON CONFLICT DO NOTHING RETURNING id`.execute(trx);
  return new Set(rows.map(({ id }) => id));
}

type Travelling = {
  name: string;
  /** The column's value in the statement. */
  given: RawBuilder<unknown>;
  array: RawBuilder<unknown> | null;
};

/**
 * A column travels as an array, which is less work for the server than rows in JSON; most columns
 * of a file are the same in all rows, and travel once.
 */
function travelling([name, type, read]: Column, accounts: readonly ImportedAccount[]): Travelling {
  const values = accounts.map(read);
  const [first = null] = values;
  const ofType = sql.raw(type);
  if (name !== 'id' && values.every((value) => value === first))
    return { name, given: sql`${first}::${ofType}`, array: null };
  return {
    name,
    given: sql.ref(name),
    array: sql`${arrayLiteral(values)}::text::${ofType}[]`,
  };
}

/** Of accounts that were not inserted, which field is taken. */
export async function findTakenFields(
  trx: Transaction,
  realm: Realm,
  accounts: readonly ImportedAccount[],
): Promise<Map<string, TakenField>> {
  const wanted = accounts.map(({ id, username, email, legacy_id }) => ({
    id,
    username,
    email,
    legacy_id,
  }));
  const table = sql.table(realm.table);
  const { rows } = await sql<{ id: string; field: TakenField }>`
    SELECT id, CASE WHEN EXISTS (SELECT FROM ${table} AS other WHERE lower(other.email) = lower(record.email COLLATE "C"))
                    THEN 'email'
                    WHEN EXISTS (SELECT FROM ${table} AS other WHERE lower(other.username) = lower(record.username COLLATE "C"))
                    THEN 'username' ELSE 'legacy_id' END AS field
      FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
        AS record (id uuid, username text, email text, legacy_id text)`.execute(trx);
  return new Map(rows.map(({ id, field }) => [id, field]));
}

/** Takes back what this transaction has inserted. */
export async function removeAccounts(
  trx: Transaction,
  realm: Realm,
  ids: readonly string[],
): Promise<void> {
  await sql`DELETE FROM ${sql.table(realm.table)} WHERE id IN (${sql.join(ids)})`.execute(trx);
}
