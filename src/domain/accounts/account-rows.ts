import type { Generated } from 'kysely';

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
  password_scheme: 'bcrypt' | 'bcrypt-hmac-sha384' | 'argon2id';
  password_hash: string;
  password_key: Buffer | null;
  password_version: Generated<number>;
  last_login_at: Date | null;
  created_at: Date;
  updated_at: Date;
};

export type UserRow = AccountRow & {
  is_superuser: Generated<boolean>;
  is_email_verified: Generated<boolean>;
  deleted_at: Date | null;
  /** Only the owner's own deletion can be undone by the owner. */
  deleted_by: 'owner' | 'admin' | null;
  erase_at: Date | null;
};

type AdminRow = AccountRow & {
  is_superadmin: Generated<boolean>;
};
