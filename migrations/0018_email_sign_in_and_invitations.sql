-- compatible-with: 0013
-- A link that signs in has a code, too: the code is good only for who asked, whose secret has this hash. return_to is
-- where they wanted to go.
ALTER TABLE links DROP CONSTRAINT links_purpose_known;
ALTER TABLE links ADD CONSTRAINT links_purpose_known CHECK (purpose IN ('password_reset', 'email_verification',
  'email_change_undo', 'account_deletion_undo', 'email_sign_in', 'invitation'));
ALTER TABLE links
  ADD COLUMN request_hash bytea,
  ADD COLUMN return_to text;

CREATE UNIQUE INDEX links_request ON links (request_hash) WHERE request_hash IS NOT NULL;

-- Of a user whom an admin has invited, until the address is verified. Few are, so that a list of them needs no more.
ALTER TABLE users ADD COLUMN invited_at timestamptz;

CREATE INDEX users_invited ON users (created_at, id) WHERE invited_at IS NOT NULL;
