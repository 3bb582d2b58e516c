-- Requests with an Idempotency-Key, for a day: that they were carried out, and their answers. key_hash is of the
-- account, the route and the key. request_digest and answer are keyed with a secret of the service and with the
-- key itself, which only the client has: the table alone, and the secret alone, tell nothing.
CREATE TABLE idempotency_keys (
  key_hash bytea CONSTRAINT idempotency_keys_pkey PRIMARY KEY,
  account_kind text NOT NULL CONSTRAINT idempotency_keys_kind_known CHECK (account_kind IN ('user', 'admin')),
  account_id uuid NOT NULL,
  key_id text NOT NULL,
  request_digest bytea NOT NULL,
  as_superadmin boolean NOT NULL,
  holder uuid NOT NULL,
  lease_until timestamptz NOT NULL,
  is_carried_out boolean NOT NULL DEFAULT false,
  status smallint,
  answer bytea,
  expires_at timestamptz NOT NULL
);

CREATE INDEX idempotency_keys_account ON idempotency_keys (account_id, expires_at);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);
