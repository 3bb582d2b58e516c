import type { Selectable } from 'kysely';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import type { AccountRow, UserRow } from './account-rows.ts';
import type { Metadata } from './metadata.ts';

type PasswordRow = Pick<
  Selectable<AccountRow>,
  'password_scheme' | 'password_hash' | 'password_key'
>;

export const passwordColumnNames = [
  'password_scheme',
  'password_hash',
  'password_key',
  'password_version',
] as const;

export type PasswordColumn = (typeof passwordColumnNames)[number];

/** Null if no password has been set yet. A check against null is the same work and always fails. */
export function storedPasswordOf(row: PasswordRow): StoredPassword | null {
  if (row.password_scheme === null || row.password_hash === null) return null;
  return { scheme: row.password_scheme, hash: row.password_hash, key: row.password_key };
}

export function passwordColumns(password: StoredPassword | null) {
  const { scheme = null, hash = null, key = null } = password ?? {};
  return { password_scheme: scheme, password_hash: hash, password_key: key };
}

export function withJsonText<T extends { metadata?: Metadata; app_metadata?: Metadata }>(
  fields: T,
) {
  const { metadata, app_metadata, ...plain } = fields;
  return {
    ...plain,
    ...(metadata && { metadata: JSON.stringify(metadata) }),
    ...(app_metadata && { app_metadata: JSON.stringify(app_metadata) }),
  };
}

export function withoutPassword<Row extends Pick<Selectable<UserRow>, PasswordColumn>>(
  row: Row,
): Omit<Row, PasswordColumn> {
  const { password_scheme, password_hash, password_key, password_version, ...account } = row;
  return account;
}
