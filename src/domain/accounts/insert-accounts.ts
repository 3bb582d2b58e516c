import { sql } from 'kysely';
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
  created_at: string | null;
};

export type TakenField = 'email' | 'username' | 'legacy_id';

const columnsOfRealm = {
  user: 'is_superuser, is_email_verified, metadata, app_metadata',
  admin: 'is_superadmin',
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
  const columns = sql.raw(
    `id, username, email, full_name, is_active, legacy_id, last_login_at, password_scheme, password_hash, ${columnsOfRealm[realm.kind]}`,
  );
  const { rows } = await sql<{ id: string }>`
    INSERT INTO ${sql.table(realm.table)} (${columns}, password_key, created_at, updated_at)
    SELECT ${columns}, decode(password_key, 'hex'), coalesce(created_at, now()), now()
      FROM jsonb_to_recordset(${JSON.stringify(accounts.map(toRecord))}::jsonb) AS record (
        id uuid, username text, email text, full_name text, is_active boolean, is_superuser boolean,
        is_email_verified boolean, is_superadmin boolean, metadata jsonb, app_metadata jsonb, legacy_id text,
        password_scheme text, password_hash text, password_key text, last_login_at timestamptz, created_at timestamptz)
        ON CONFLICT DO NOTHING RETURNING id`.execute(trx);
  return new Set(rows.map(({ id }) => id));
}

function toRecord({ password, ...account }: ImportedAccount) {
  return {
    is_superuser: false,
    is_email_verified: false,
    is_superadmin: false,
    metadata: {},
    app_metadata: {},
    ...account,
    password_scheme: password?.scheme ?? null,
    password_hash: password?.hash ?? null,
    password_key: password?.key?.toString('hex') ?? null,
  };
}

/** Of accounts that were not inserted, which field is taken. */
export async function findTakenFields(
  trx: Transaction,
  realm: Realm,
  accounts: readonly ImportedAccount[],
): Promise<Map<string, TakenField>> {
  const wanted = accounts.map(({ id, username, email, legacy_id }) => ({ id, username, email, legacy_id }));
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
export async function removeAccounts(trx: Transaction, realm: Realm, ids: readonly string[]): Promise<void> {
  await sql`DELETE FROM ${sql.table(realm.table)} WHERE id IN (${sql.join(ids)})`.execute(trx);
}
