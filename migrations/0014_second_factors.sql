-- compatible-with: 0013
-- What was shown in a session, in the words of RFC 8176; level 2: two factors. When the person last proved who they
-- are (NULL: when it was opened), showed a second factor, and, after it was opened, proved it with what a thief of the
-- session cannot have added to the account.
ALTER TABLE sessions
  ADD COLUMN methods text NOT NULL DEFAULT 'pwd',
  ADD COLUMN authenticated_at timestamptz,
  ADD COLUMN factor_shown_at timestamptz,
  ADD COLUMN renewed_at timestamptz,
  ADD COLUMN level smallint NOT NULL DEFAULT 1 CONSTRAINT sessions_level_known CHECK (level IN (1, 2));

-- Whether a second factor of any kind is in force, so that each request learns it from the row that it reads anyway.
ALTER TABLE users ADD COLUMN has_second_factor boolean NOT NULL DEFAULT false;
ALTER TABLE admins ADD COLUMN has_second_factor boolean NOT NULL DEFAULT false;

-- Apps that show codes (RFC 6238). The secret is under a key that the database does not have. Not in force before
-- confirmed_at. last_step is the newest time step whose code was used: none counts twice.
CREATE TABLE totp_factors (
  id uuid CONSTRAINT totp_factors_pkey PRIMARY KEY,
  subject_kind text NOT NULL CONSTRAINT totp_factors_subject_kind_known CHECK (subject_kind IN ('user', 'admin')),
  subject_id uuid NOT NULL,
  name text NOT NULL,
  key_id text NOT NULL,
  secret bytea NOT NULL,
  created_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  last_used_at timestamptz,
  last_step bigint
);

CREATE INDEX totp_factors_subject ON totp_factors (subject_id);
CREATE INDEX totp_factors_unconfirmed ON totp_factors (created_at) WHERE confirmed_at IS NULL;

-- Codes for the day when the factors are lost: of each a salted hash.
CREATE TABLE recovery_codes (
  id uuid CONSTRAINT recovery_codes_pkey PRIMARY KEY,
  subject_kind text NOT NULL CONSTRAINT recovery_codes_subject_kind_known CHECK (subject_kind IN ('user', 'admin')),
  subject_id uuid NOT NULL,
  salt bytea NOT NULL,
  code_hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz
);

CREATE INDEX recovery_codes_subject ON recovery_codes (subject_id);

-- Sign-ins between their two steps. The hash is of the token and the client, so that it is of use to nobody else.
CREATE TABLE second_factor_challenges (
  token_hash bytea CONSTRAINT second_factor_challenges_pkey PRIMARY KEY,
  subject_kind text NOT NULL
    CONSTRAINT second_factor_challenges_subject_kind_known CHECK (subject_kind IN ('user', 'admin')),
  subject_id uuid NOT NULL,
  password_version integer NOT NULL,
  methods text NOT NULL,
  network_hash bytea NOT NULL,
  tries_left smallint NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE INDEX second_factor_challenges_subject ON second_factor_challenges (subject_id);
CREATE INDEX second_factor_challenges_expires_at ON second_factor_challenges (expires_at);
