-- Passwords that another system hashed: each is verified by its own scheme once, and then hashed anew.
ALTER TABLE users DROP CONSTRAINT users_password_scheme_known;
ALTER TABLE users ADD CONSTRAINT users_password_scheme_known CHECK (password_scheme IN
  ('bcrypt', 'bcrypt-hmac-sha384', 'argon2id', 'bcrypt-truncated', 'argon2i', 'scrypt', 'pbkdf2', 'firebase-scrypt'));
ALTER TABLE admins DROP CONSTRAINT admins_password_scheme_known;
ALTER TABLE admins ADD CONSTRAINT admins_password_scheme_known CHECK (password_scheme IN
  ('bcrypt', 'bcrypt-hmac-sha384', 'argon2id', 'bcrypt-truncated', 'argon2i', 'scrypt', 'pbkdf2', 'firebase-scrypt'));

-- What the system that an account came from called it, so that its foreign keys still lead somewhere.
ALTER TABLE users ADD COLUMN legacy_id text COLLATE "C";
ALTER TABLE admins ADD COLUMN legacy_id text COLLATE "C";
CREATE UNIQUE INDEX users_legacy_id_unique ON users (legacy_id) WHERE legacy_id IS NOT NULL;
CREATE UNIQUE INDEX admins_legacy_id_unique ON admins (legacy_id) WHERE legacy_id IS NOT NULL;

-- How far the import of a file has come, advanced in the transaction of the rows: a killed one is taken up there.
CREATE TABLE imports (
  id uuid CONSTRAINT imports_pkey PRIMARY KEY,
  source_digest bytea NOT NULL,
  lines_read bigint NOT NULL DEFAULT 0,
  rows_created bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  finished_at timestamptz
);

CREATE INDEX imports_unfinished ON imports (source_digest, started_at) WHERE finished_at IS NULL;
CREATE INDEX imports_updated_at ON imports (updated_at);
