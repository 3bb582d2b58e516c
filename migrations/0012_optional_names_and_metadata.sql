-- A user may have no username (USERNAMES=optional), and has no password until the link to set the first one is used.
-- No password is NULL, not a hash that nothing matches: a hash can be guessed at, and says that there is one.
ALTER TABLE users
  ALTER COLUMN username DROP NOT NULL,
  ALTER COLUMN password_scheme DROP NOT NULL,
  ALTER COLUMN password_hash DROP NOT NULL,
  ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN app_metadata jsonb NOT NULL DEFAULT '{}',
  ADD CONSTRAINT users_password_whole CHECK ((password_scheme IS NULL) = (password_hash IS NULL)),
  ADD CONSTRAINT users_metadata_object CHECK (jsonb_typeof(metadata) = 'object'),
  ADD CONSTRAINT users_app_metadata_object CHECK (jsonb_typeof(app_metadata) = 'object');

-- The order of a list by username. A row comparison with NULL is unknown, so that a cursor would lose the nameless.
CREATE INDEX users_username_order ON users ((coalesce(lower(username), '')), id);

-- Most users have none, and cost these indexes nothing. Without fastupdate a search has no pending list to read.
CREATE INDEX users_metadata ON users USING gin (metadata jsonb_path_ops)
  WITH (fastupdate = off) WHERE metadata <> '{}';
CREATE INDEX users_app_metadata ON users USING gin (app_metadata jsonb_path_ops)
  WITH (fastupdate = off) WHERE app_metadata <> '{}';
