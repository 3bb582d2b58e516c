-- What happened to an account, by whom, from where: one row a security event, written in the transaction of the change
-- it tells of and never changed. Ids only: no name, no address of mail, nothing that was typed.
CREATE TABLE audit_events (
  id uuid CONSTRAINT audit_events_pkey PRIMARY KEY,
  occurred_at timestamptz NOT NULL,
  event text COLLATE "C" NOT NULL,
  outcome text NOT NULL CONSTRAINT audit_events_outcome_known CHECK (outcome IN ('success', 'failure', 'denied')),
  actor_kind text CONSTRAINT audit_events_actor_kind_known CHECK (actor_kind IN ('user', 'admin')),
  actor_id uuid,
  subject_kind text CONSTRAINT audit_events_subject_kind_known CHECK (subject_kind IN ('user', 'admin')),
  subject_id uuid,
  ip text,
  request_id uuid,
  details jsonb NOT NULL,
  CONSTRAINT audit_events_actor_whole CHECK ((actor_kind IS NULL) = (actor_id IS NULL)),
  CONSTRAINT audit_events_subject_whole CHECK ((subject_kind IS NULL) = (subject_id IS NULL))
);

CREATE INDEX audit_events_occurred_at ON audit_events (occurred_at, id);
CREATE INDEX audit_events_subject ON audit_events (subject_id, occurred_at, id);
CREATE INDEX audit_events_actor ON audit_events (actor_id, occurred_at, id);
CREATE INDEX audit_events_event ON audit_events (event, occurred_at, id);
