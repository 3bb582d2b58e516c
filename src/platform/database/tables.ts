import type { ColumnType, Generated } from 'kysely';

/** The rows as `migrations/` makes them. A column with a default is `Generated`. */
export type Tables = {
  users: UserRow;
  admins: AdminRow;
  sessions: SessionRow;
  links: LinkRow;
  mails: MailRow;
  throttles: ThrottleRow;
  audit_events: AuditEventRow;
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
  rotated_by_hash: Buffer | null;
  created_at: Date;
  last_used_at: Date;
  idle_expires_at: Date;
  absolute_expires_at: Date;
  revoked_at: Date | null;
  revoke_reason: string | null;
  ip: string | null;
  user_agent: string | null;
  device_hash: Buffer | null;
};

export type LinkPurpose = 'password_reset' | 'email_verification' | 'email_change_undo';

type LinkRow = {
  id: Buffer;
  purpose: LinkPurpose;
  subject_id: string;
  email: string;
  password_version: number;
  key_id: string;
  token_hash: Buffer;
  created_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  end_reason: string | null;
};

export type MailKind =
  | 'password_reset'
  | 'password_changed'
  | 'email_verification'
  | 'email_changed'
  | 'email_reverted'
  | 'new_sign_in'
  | 'refresh_token_reused'
  | 'test';

export type MailStatus = 'queued' | 'sent' | 'kept' | 'dead';

type MailRow = {
  id: string;
  kind: MailKind;
  subject_kind: RealmKind | null;
  subject_id: string | null;
  recipient: string;
  link_id: Buffer | null;
  device: string | null;
  ip: string | null;
  status: Generated<MailStatus>;
  attempts: Generated<number>;
  last_error: string | null;
  created_at: Date;
  expires_at: Date;
  finished_at: Date | null;
};

type ThrottleRow = { policy: string; key_hash: Buffer; count: number; resets_at: Date };

export type Outcome = 'success' | 'failure' | 'denied';

type AuditEventRow = {
  id: string;
  occurred_at: Date;
  event: string;
  outcome: Outcome;
  actor_kind: RealmKind | null;
  actor_id: string | null;
  subject_kind: RealmKind | null;
  subject_id: string | null;
  ip: string | null;
  request_id: string | null;
  details: ColumnType<Record<string, unknown>, string, never>;
};
