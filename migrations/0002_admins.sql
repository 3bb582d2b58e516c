-- The people who run the service: a realm of its own, with the same columns for the flows both share.
CREATE TABLE admins (
  id uuid CONSTRAINT admins_pkey PRIMARY KEY,
  username text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  full_name text,
  is_active boolean NOT NULL DEFAULT true,
  is_superadmin boolean NOT NULL DEFAULT false,
  password_scheme text NOT NULL CONSTRAINT admins_password_scheme_known
    CHECK (password_scheme IN ('bcrypt', 'bcrypt-hmac-sha384', 'argon2id')),
  password_hash text NOT NULL,
  password_key bytea,
  password_version integer NOT NULL DEFAULT 1,
  last_login_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX admins_username_unique ON admins (lower(username));
CREATE UNIQUE INDEX admins_email_unique ON admins (lower(email));
CREATE INDEX admins_created_at ON admins (created_at, id);
