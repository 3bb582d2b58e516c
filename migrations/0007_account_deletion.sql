-- A deleted user keeps the row, and so the names, until erase_at; only a restore or the erasure sees it until then.
ALTER TABLE users
  ADD COLUMN deleted_at timestamptz,
  ADD COLUMN deleted_by text CONSTRAINT users_deleted_by_known CHECK (deleted_by IN ('owner', 'admin')),
  ADD COLUMN erase_at timestamptz,
  ADD CONSTRAINT users_deletion_whole
    CHECK ((deleted_at IS NULL) = (deleted_by IS NULL) AND (deleted_at IS NULL) = (erase_at IS NULL));

CREATE INDEX users_erase_at ON users (erase_at) WHERE erase_at IS NOT NULL;

ALTER TABLE links DROP CONSTRAINT links_purpose_known;
ALTER TABLE links ADD CONSTRAINT links_purpose_known
  CHECK (purpose IN ('password_reset', 'email_verification', 'email_change_undo', 'account_deletion_undo'));

-- For the export and the erasure of one account.
CREATE INDEX mails_subject ON mails (subject_id, id);
CREATE INDEX mails_recipient ON mails (lower(recipient));
