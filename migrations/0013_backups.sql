-- compatible-with: 0012
-- Which deployment this is, and how often its database went back in time: each time is an epoch, which begins with
-- no session and no link. One row, made with the first backup.
CREATE TABLE deployment (
  is_only boolean CONSTRAINT deployment_pkey PRIMARY KEY DEFAULT true CONSTRAINT deployment_is_only CHECK (is_only),
  id uuid NOT NULL,
  epoch integer NOT NULL,
  epoch_began_at timestamptz NOT NULL
);

-- The backups that were made. Of the secret in a backup only the digest is kept: who tells the secret has decrypted
-- the backup to its end.
CREATE TABLE backups (
  name text COLLATE "C" CONSTRAINT backups_pkey PRIMARY KEY,
  taken_at timestamptz NOT NULL,
  bytes bigint NOT NULL,
  proof_digest bytea NOT NULL,
  verified_at timestamptz
);
