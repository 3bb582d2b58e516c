import type { ColumnType, Generated } from 'kysely';
import type { PasswordScheme } from '../../platform/hashing/password-schemes.ts';
import type { Metadata } from './metadata.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    users: UserRow;
    admins: AdminRow;
  }
}

/** The columns that users and admins share. Shared flows use only these. */
export type AccountRow = {
  id: string;
  /** Null only for users, with `USERNAMES=optional`. */
  username: string | null;
  email: string;
  full_name: string | null;
  is_active: Generated<boolean>;
  /** Null with the hash, only for users: no password has been set yet. */
  password_scheme: PasswordScheme | null;
  password_hash: string | null;
  password_key: Buffer | null;
  password_version: Generated<number>;
  last_login_at: Date | null;
  created_at: Date;
  updated_at: Date;
  /** What the system it was imported from called it. */
  legacy_id: Generated<string | null>;
  /** Written by `domain/factors` only, while the row is locked. */
  has_second_factor: Generated<boolean>;
};

export type UserRow = AccountRow & {
  is_superuser: Generated<boolean>;
  is_email_verified: Generated<boolean>;
  metadata: JsonColumn;
  app_metadata: JsonColumn;
  deleted_at: Date | null;
  /** Only the owner's own deletion can be undone by the owner. */
  deleted_by: 'owner' | 'admin' | null;
  erase_at: Date | null;
  /** Of a user who has not accepted yet. */
  invited_at: Generated<Date | null>;
};

/** Written as text: drivers differ in what they make of an object. */
type JsonColumn = ColumnType<Metadata, string | undefined, string>;

type AdminRow = AccountRow & {
  is_superadmin: Generated<boolean>;
};
