import type { Generated } from 'kysely';
import type { PasswordScheme } from '../../platform/hashing/password-schemes.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    users: UserRow;
    admins: AdminRow;
  }
}

/** The columns that users and admins share. Shared flows use only these. */
export type AccountRow = {
  id: string;
  username: string;
  email: string;
  full_name: string | null;
  is_active: Generated<boolean>;
  password_scheme: PasswordScheme;
  password_hash: string;
  password_key: Buffer | null;
  password_version: Generated<number>;
  last_login_at: Date | null;
  created_at: Date;
  updated_at: Date;
  /** What the system it was imported from called it. */
  legacy_id: Generated<string | null>;
};

export type UserRow = AccountRow & {
  is_superuser: Generated<boolean>;
  is_email_verified: Generated<boolean>;
};

type AdminRow = AccountRow & {
  is_superadmin: Generated<boolean>;
};
