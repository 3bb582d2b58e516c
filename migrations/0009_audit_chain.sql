-- Makes the audit log tamper-evident. A job gives each committed event a position and chains it to the one
-- before (audit_chain). The hash of an event covers its personal fields (ip, request_id) only by a digest under
-- a random salt of the row: erasure sets the fields and the salt to NULL, and the chain stays whole.
ALTER TABLE audit_events
  ADD COLUMN personal_salt bytea,
  ADD COLUMN personal_digest bytea,
  ADD COLUMN seal_key_id text,
  ADD COLUMN seal bytea,
  ADD COLUMN is_chained boolean NOT NULL DEFAULT false;

CREATE INDEX audit_events_unchained ON audit_events (id) WHERE NOT is_chained;

-- hash links to the entry before and needs no key; mac is keyed and shows which entry was changed.
CREATE TABLE audit_chain (
  position bigint CONSTRAINT audit_chain_pkey PRIMARY KEY,
  event_id uuid NOT NULL,
  event_hash bytea NOT NULL,
  is_sealed boolean NOT NULL,
  chained_at timestamptz NOT NULL,
  key_id text NOT NULL,
  hash bytea NOT NULL,
  mac bytea NOT NULL
);

CREATE UNIQUE INDEX audit_chain_event ON audit_chain (event_id);

-- genesis: when chaining began. start: the entry after which the rest begins, since older ones were deleted in
-- time. head: the last entry.
CREATE TABLE audit_marks (
  kind text CONSTRAINT audit_marks_pkey PRIMARY KEY
    CONSTRAINT audit_marks_kind_known CHECK (kind IN ('genesis', 'start', 'head')),
  position bigint NOT NULL,
  hash bytea NOT NULL,
  marked_at timestamptz NOT NULL,
  key_id text NOT NULL,
  mac bytea NOT NULL
);
