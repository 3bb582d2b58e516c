-- The people the applications are for. Identifiers are unique without regard to case and keep their spelling.
CREATE TABLE users (
  id uuid CONSTRAINT users_pkey PRIMARY KEY,
  username text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  full_name text,
  is_active boolean NOT NULL DEFAULT true,
  is_superuser boolean NOT NULL DEFAULT false,
  is_email_verified boolean NOT NULL DEFAULT false,
  password_scheme text NOT NULL CONSTRAINT users_password_scheme_known
    CHECK (password_scheme IN ('bcrypt', 'bcrypt-hmac-sha384', 'argon2id')),
  password_hash text NOT NULL,
  password_key bytea,
  password_version integer NOT NULL DEFAULT 1,
  last_login_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX users_username_unique ON users (lower(username));
CREATE UNIQUE INDEX users_email_unique ON users (lower(email));
CREATE INDEX users_created_at ON users (created_at, id);
