-- compatible-with: 0016
-- Puzzles that a client has solved and used: each is good for one request, over all processes. A row outlives its
-- puzzle, which is signed and not stored.
CREATE TABLE spent_puzzles (
  digest bytea CONSTRAINT spent_puzzles_pkey PRIMARY KEY,
  expires_at timestamptz NOT NULL
);

CREATE INDEX spent_puzzles_expires_at ON spent_puzzles (expires_at);
