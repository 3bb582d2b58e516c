-- One row a sign-in, whatever number of times its refresh token rotates. Only hashes of the current and
-- the previous token are kept; key_id names the secret that made the current one.
CREATE TABLE sessions (
  id uuid CONSTRAINT sessions_pkey PRIMARY KEY,
  subject_kind text NOT NULL CONSTRAINT sessions_subject_kind_known CHECK (subject_kind IN ('user', 'admin')),
  subject_id uuid NOT NULL,
  key_id text NOT NULL,
  generation integer NOT NULL,
  current_hash bytea NOT NULL,
  previous_hash bytea,
  idempotency_hash bytea,
  rotated_at timestamptz,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  idle_expires_at timestamptz NOT NULL,
  absolute_expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoke_reason text,
  ip text,
  user_agent text
);

CREATE INDEX sessions_live ON sessions (subject_id, last_used_at) WHERE revoked_at IS NULL;
CREATE INDEX sessions_absolute_expires_at ON sessions (absolute_expires_at);
