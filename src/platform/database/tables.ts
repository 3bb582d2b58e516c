import type { Generated } from 'kysely';

/** The rows as `migrations/` makes them. A column that only the database fills is `Generated`. */
export type Tables = {
  users: UserRow;
  admins: AdminRow;
  sessions: SessionRow;
};

export type RealmKind = 'user' | 'admin';

/** What users and admins have in common: every shared flow works on these columns. */
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

type UserRow = AccountRow & {
  is_superuser: Generated<boolean>;
  is_email_verified: Generated<boolean>;
};

type AdminRow = AccountRow & {
  is_superadmin: Generated<boolean>;
};

type SessionRow = {
  id: string;
  subject_kind: RealmKind;
  subject_id: string;
  key_id: string;
  generation: number;
  current_hash: Buffer;
  previous_hash: Buffer | null;
  idempotency_hash: Buffer | null;
  rotated_at: Date | null;
  created_at: Date;
  last_used_at: Date;
  idle_expires_at: Date;
  absolute_expires_at: Date;
  revoked_at: Date | null;
  revoke_reason: string | null;
  ip: string | null;
  user_agent: string | null;
};
