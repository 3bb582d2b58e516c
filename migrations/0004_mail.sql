-- One-time links that travel by mail. Of a token only its hash is kept; the mail's worker makes it again from the
-- row and a key outside the database. What the link was made for is bound into it and checked when it is used.
CREATE TABLE links (
  id bytea CONSTRAINT links_pkey PRIMARY KEY,
  purpose text NOT NULL CONSTRAINT links_purpose_known
    CHECK (purpose IN ('password_reset', 'email_verification', 'email_change_undo')),
  subject_id uuid NOT NULL,
  email text COLLATE "C" NOT NULL,
  password_version integer NOT NULL,
  key_id text NOT NULL,
  token_hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text
);

CREATE INDEX links_open ON links (subject_id, purpose) WHERE ended_at IS NULL;
CREATE INDEX links_held_email ON links (lower(email)) WHERE purpose = 'email_change_undo' AND ended_at IS NULL;
CREATE INDEX links_expires_at ON links (expires_at);

-- Every mail from its commit to its end. The job that sends it carries this row's id and nothing else.
CREATE TABLE mails (
  id uuid CONSTRAINT mails_pkey PRIMARY KEY,
  kind text NOT NULL,
  subject_kind text CONSTRAINT mails_subject_kind_known CHECK (subject_kind IN ('user', 'admin')),
  subject_id uuid,
  recipient text COLLATE "C" NOT NULL,
  link_id bytea,
  device text,
  ip text,
  status text NOT NULL DEFAULT 'queued' CONSTRAINT mails_status_known
    CHECK (status IN ('queued', 'sent', 'kept', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  last_error text,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  finished_at timestamptz
);

CREATE INDEX mails_status ON mails (status, id);
CREATE INDEX mails_created_at ON mails (created_at);

-- Throttles of record: how often something was done in the window that began with its first time. They outlive a
-- restart and are shared by all replicas. Keys are keyed digests, so that no address can be read off them.
CREATE TABLE throttles (
  policy text NOT NULL,
  key_hash bytea NOT NULL,
  count integer NOT NULL,
  resets_at timestamptz NOT NULL,
  CONSTRAINT throttles_pkey PRIMARY KEY (policy, key_hash)
);

CREATE INDEX throttles_resets_at ON throttles (resets_at);

-- Where a session was opened from, as a digest: a sign-in from a place not seen before is told to the owner.
ALTER TABLE sessions ADD COLUMN device_hash bytea;
CREATE INDEX sessions_devices ON sessions (subject_id, device_hash);
