-- compatible-with: 0013
-- Passkeys of users and admins (WebAuthn level 3). A credential id belongs to one account of one realm; the public
-- key is a COSE key, and the counter is what the authenticator last counted.
CREATE TABLE passkeys (
  id uuid CONSTRAINT passkeys_pkey PRIMARY KEY,
  subject_kind text NOT NULL CONSTRAINT passkeys_subject_kind_known CHECK (subject_kind IN ('user', 'admin')),
  subject_id uuid NOT NULL,
  credential_id bytea NOT NULL CONSTRAINT passkeys_credential_unique UNIQUE,
  public_key bytea NOT NULL,
  counter bigint NOT NULL,
  transports text NOT NULL,
  is_synced boolean NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz
);

CREATE INDEX passkeys_subject ON passkeys (subject_id);

-- What authenticators are asked to sign. A row is open until it is used, which deletes it, or expires. Only the hash
-- is kept: of the challenge itself, or of a token that the challenge is made from. network_hash is keyed. A network has
-- a hundred slots, so that it has no more open ones however many ask at once; NULL where limits of addresses are off.
CREATE TABLE passkey_challenges (
  challenge_hash bytea CONSTRAINT passkey_challenges_pkey PRIMARY KEY,
  ceremony text NOT NULL CONSTRAINT passkey_challenges_ceremony_known CHECK (ceremony IN ('create', 'get')),
  realm text NOT NULL CONSTRAINT passkey_challenges_realm_known CHECK (realm IN ('user', 'admin')),
  subject_id uuid,
  session_id uuid,
  network_hash bytea NOT NULL,
  slot smallint,
  expires_at timestamptz NOT NULL,
  CONSTRAINT passkey_challenges_slot_unique UNIQUE (network_hash, slot),
  CONSTRAINT passkey_challenges_create_has_session CHECK ((ceremony = 'create') = (session_id IS NOT NULL))
);

CREATE INDEX passkey_challenges_expires_at ON passkey_challenges (expires_at);
