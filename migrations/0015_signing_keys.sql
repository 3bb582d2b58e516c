-- compatible-with: 0012
-- The keys that sign access tokens. The private part is encrypted with a key that the database does not have; the
-- public part follows from it, so that a row that somebody else wrote is no key. signs_from is NULL for the next key:
-- published, and not used yet. Of those that may sign, the newest does.
CREATE TABLE signing_keys (
  kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
  algorithm text NOT NULL CONSTRAINT signing_keys_algorithm_known CHECK (algorithm IN ('EdDSA', 'ES256')),
  private_key bytea NOT NULL,
  key_id text NOT NULL,
  created_at timestamptz NOT NULL,
  signs_from timestamptz,
  revoked_at timestamptz
);

-- Until when tokens may have been signed with the secret itself (HS256), as by earlier releases. Later ones are refused.
CREATE TABLE hmac_tokens (
  is_only boolean NOT NULL DEFAULT true CONSTRAINT hmac_tokens_pkey PRIMARY KEY
    CONSTRAINT hmac_tokens_only_one CHECK (is_only),
  signed_until timestamptz NOT NULL
);
