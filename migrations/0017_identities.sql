-- compatible-with: 0013
-- Who of the users is who at a provider of sign-in: a person of an issuer is one user.
CREATE TABLE identities (
  id uuid CONSTRAINT identities_pkey PRIMARY KEY,
  user_id uuid NOT NULL,
  provider text NOT NULL,
  issuer text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  email text COLLATE "C",
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  CONSTRAINT identities_subject_unique UNIQUE (issuer, subject)
);

CREATE INDEX identities_user ON identities (user_id);

-- Browsers that are at a provider. A row is open until its answer is there, which deletes it, or expires. The state is
-- kept as a hash; nonce and code verifier are made from it and a key that the database does not have. With a user and a
-- session it links an identity. Without a code challenge the session goes into a cookie.
CREATE TABLE provider_attempts (
  state_hash bytea CONSTRAINT provider_attempts_pkey PRIMARY KEY,
  provider text NOT NULL,
  browser_hash bytea NOT NULL,
  key_id text NOT NULL,
  return_to text NOT NULL,
  code_challenge text,
  user_id uuid,
  session_id uuid,
  expires_at timestamptz NOT NULL,
  CONSTRAINT provider_attempts_link_has_session CHECK ((user_id IS NULL) = (session_id IS NULL))
);

CREATE INDEX provider_attempts_expires_at ON provider_attempts (expires_at);
CREATE INDEX provider_attempts_user ON provider_attempts (user_id) WHERE user_id IS NOT NULL;

-- Answers of providers, encrypted, until the application that began fetches them with a code, for a minute.
CREATE TABLE provider_exchanges (
  code_hash bytea CONSTRAINT provider_exchanges_pkey PRIMARY KEY,
  code_challenge text NOT NULL,
  key_id text NOT NULL,
  answer bytea NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE INDEX provider_exchanges_expires_at ON provider_exchanges (expires_at);
