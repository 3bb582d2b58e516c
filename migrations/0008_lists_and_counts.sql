-- Lists and figures that cost the same at any number of users. At 1,000,000 users this takes about half a minute, in
-- which users cannot be written; nearly all of it is the index of the search.

-- How many users there are in each state, and how many came and signed in on each day (UTC). A change adds a row and
-- updates none, so that no two transactions wait for each other: a count is the sum of its rows, and a job folds them.
CREATE TABLE user_counts (
  is_active boolean NOT NULL,
  is_email_verified boolean NOT NULL,
  is_superuser boolean NOT NULL,
  is_deleted boolean NOT NULL,
  count bigint NOT NULL
);
CREATE TABLE registration_counts (day date NOT NULL, count bigint NOT NULL);
CREATE TABLE sign_in_counts (
  day date NOT NULL,
  outcome text NOT NULL CONSTRAINT sign_in_counts_outcome_known CHECK (outcome IN ('success', 'failure')),
  count bigint NOT NULL
);

-- Triggers, and not statements of the service: a process of the release before this one, which still runs during an
-- upgrade, must be counted too.
CREATE FUNCTION count_added_users() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO user_counts
  SELECT is_active, is_email_verified, is_superuser, deleted_at IS NOT NULL, count(*) FROM added GROUP BY 1, 2, 3, 4;
  INSERT INTO registration_counts SELECT (created_at AT TIME ZONE 'UTC')::date, count(*) FROM added GROUP BY 1;
  RETURN NULL;
END $$;

CREATE FUNCTION count_removed_users() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO user_counts
  SELECT is_active, is_email_verified, is_superuser, deleted_at IS NOT NULL, -count(*) FROM removed GROUP BY 1, 2, 3, 4;
  RETURN NULL;
END $$;

CREATE FUNCTION count_changed_user() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO user_counts VALUES
    (OLD.is_active, OLD.is_email_verified, OLD.is_superuser, OLD.deleted_at IS NOT NULL, -1),
    (NEW.is_active, NEW.is_email_verified, NEW.is_superuser, NEW.deleted_at IS NOT NULL, 1);
  RETURN NULL;
END $$;

CREATE FUNCTION forget_user_counts() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM user_counts;
  RETURN NULL;
END $$;

CREATE FUNCTION count_sign_in() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO sign_in_counts VALUES ((NEW.occurred_at AT TIME ZONE 'UTC')::date, NEW.outcome, 1);
  RETURN NULL;
END $$;

-- What is older than any open transaction is counted before the first lock.
CREATE TEMPORARY TABLE first_counts ON COMMIT DROP AS SELECT now() - interval '10 minutes' AS until;
INSERT INTO sign_in_counts
SELECT (occurred_at AT TIME ZONE 'UTC')::date, outcome, count(*) FROM audit_events
 WHERE event = 'sign_in' AND outcome IN ('success', 'failure') AND subject_kind IS DISTINCT FROM 'admin'
   AND occurred_at >= now() - interval '100 days' AND occurred_at < (SELECT until FROM first_counts)
 GROUP BY 1, 2;

-- A part of a name by its trigrams, where the server has them and the role may create the extension; else the
-- beginning of a name. Either index may be made later, by hand.
DO $$
DECLARE
  trigrams text;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
  EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'pg_trgm cannot be created: %', SQLERRM;
  END;
  SELECT quote_ident(nspname) INTO trigrams
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace 
   WHERE extname = 'pg_trgm' AND has_schema_privilege(extnamespace, 'USAGE');
  IF trigrams IS NULL THEN
    CREATE INDEX users_full_name ON users (lower(full_name) text_pattern_ops);
  ELSE
    EXECUTE format('CREATE INDEX users_search ON users USING gin ((lower(coalesce(username, '''')) || E''\n'' ||
      lower(email) || E''\n'' || lower(coalesce(full_name, ''''))) %s.gin_trgm_ops)', trigrams);
    ALTER INDEX users_search ALTER COLUMN 1 SET STATISTICS 300;
  END IF;
END $$;

CREATE INDEX users_active ON users (is_active, created_at, id);
CREATE INDEX users_verified ON users (is_email_verified, created_at, id);
CREATE INDEX users_deleted ON users (created_at, id) WHERE deleted_at IS NOT NULL;

CREATE TRIGGER users_added AFTER INSERT ON users REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION count_added_users();
CREATE TRIGGER users_removed AFTER DELETE ON users REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION count_removed_users();
CREATE TRIGGER users_truncated AFTER TRUNCATE ON users
  FOR EACH STATEMENT EXECUTE FUNCTION forget_user_counts();
-- A sign-in updates none of these columns.
CREATE TRIGGER users_changed AFTER UPDATE OF is_active, is_email_verified, is_superuser, deleted_at ON users
  FOR EACH ROW WHEN (
    (OLD.is_active, OLD.is_email_verified, OLD.is_superuser, OLD.deleted_at IS NULL) IS DISTINCT FROM
    (NEW.is_active, NEW.is_email_verified, NEW.is_superuser, NEW.deleted_at IS NULL))
  EXECUTE FUNCTION count_changed_user();

INSERT INTO user_counts
SELECT is_active, is_email_verified, is_superuser, deleted_at IS NOT NULL, count(*) FROM users GROUP BY 1, 2, 3, 4;
INSERT INTO registration_counts
SELECT (created_at AT TIME ZONE 'UTC')::date, count(*) FROM users
 WHERE created_at >= now() - interval '100 days' GROUP BY 1;
ANALYZE users;

-- Dead mails first, then queued ones.
CREATE INDEX mails_urgency ON mails ((CASE status WHEN 'dead' THEN 2 WHEN 'queued' THEN 1 ELSE 0 END), id);

CREATE TRIGGER audit_events_sign_in AFTER INSERT ON audit_events
  FOR EACH ROW WHEN (NEW.event = 'sign_in' AND NEW.outcome IN ('success', 'failure')
    AND NEW.subject_kind IS DISTINCT FROM 'admin')
  EXECUTE FUNCTION count_sign_in();
INSERT INTO sign_in_counts
SELECT (occurred_at AT TIME ZONE 'UTC')::date, outcome, count(*) FROM audit_events
 WHERE event = 'sign_in' AND outcome IN ('success', 'failure') AND subject_kind IS DISTINCT FROM 'admin'
   AND occurred_at >= (SELECT until FROM first_counts)
 GROUP BY 1, 2;
