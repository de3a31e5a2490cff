import { WRITE_RECKONED, WRITE_RECKONED_EVENT, WRITERS_VIEW } from './inline-functions.js';

/**
 * Takes the turn of a writer, which ends with its transaction: the lock is had before any position is drawn, so that
 * positions become visible in their order (ADR 0011). What follows sees all that was committed before, because each
 * statement of a volatile function looks anew at READ COMMITTED, and only there.
 */
const TAKE_TURN = `
CREATE FUNCTION {schema}.take_turn(this_attempt text) RETURNS void LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'an append needs a transaction at READ COMMITTED' USING ERRCODE = 'LP002';
  END IF;
  PERFORM pg_advisory_xact_lock({append_lock});
  IF EXISTS (SELECT FROM {schema}.revoked_attempts WHERE attempt = this_attempt) THEN
    RAISE EXCEPTION 'this attempt was given up for lost' USING ERRCODE = 'LP001';
  END IF;
END
$function$;`;

/**
 * The most frequent append by itself, one event and no receipt: it does and answers what `append_events` does with a batch
 * of that one, in a third of the time.
 */
const APPEND_EVENT = `
CREATE FUNCTION {schema}.append_event(this_attempt text, this_stream text, whole text, expected bigint, at bigint,
  id text, type text, version integer, data json, metadata json) RETURNS text
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
  head bigint;
  last_revision bigint;
  last_at bigint;
  is_revoked boolean;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    PERFORM {schema}.take_turn(this_attempt);
  END IF;
  PERFORM pg_advisory_xact_lock({append_lock});
  SELECT (SELECT position FROM {schema}.events ORDER BY position DESC LIMIT 1),
    EXISTS (SELECT FROM {schema}.revoked_attempts WHERE attempt = this_attempt) INTO head, is_revoked;
  IF is_revoked THEN
    PERFORM {schema}.take_turn(this_attempt);
  END IF;
  head := coalesce(head, 0);
  SELECT e.revision, e.recorded_at INTO last_revision, last_at FROM {schema}.events AS e
    WHERE e.stream = this_stream ORDER BY e.revision DESC LIMIT 1;
  IF expected <> -3 AND coalesce(last_revision, -1) <> expected AND (expected <> -2 OR last_revision IS NULL) THEN
    RETURN '[["conflict",' || coalesce('"' || last_revision || '"', 'null') || ']]';
  END IF;
  last_revision := coalesce(last_revision, -1) + 1;
  last_at := greatest(at, last_at);
  INSERT INTO {schema}.events
    VALUES (head + 1, this_stream, last_revision, id, type, version, last_at, data, metadata, whole);
  IF NOT pg_try_advisory_xact_lock({listen_lock}) THEN
    PERFORM pg_notify({channel}, '');
  END IF;
  RETURN '[["ok","' || head + 1 || '","' || last_revision || '","' || last_at || '"]]';
END
$function$;`;

/** Tells who listens that there is more, at the commit. Listeners hold the lock shared; without any, nothing is sent. */
const TELL_LISTENERS = `
CREATE FUNCTION {schema}.tell_listeners() RETURNS void LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
  IF NOT pg_try_advisory_xact_lock({listen_lock}) THEN
    PERFORM pg_notify({channel}, '');
  END IF;
END
$function$;`;

/**
 * Does a batch of appends, each for itself: receipt, expected revision, positions, events. The answer has an array for
 * each: ["ok", first position, first revision, recorded at], ["conflict", last revision or null], ["receipt"],
 * ["no-stream"]. An expectation is a revision, or -1 for no stream, -2 for a stream that exists, -3 for none.
 */
const APPEND_EVENTS = `
CREATE FUNCTION {schema}.append_events(this_attempt text, batch json) RETURNS text
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
  head bigint;
  before bigint;
  one record;
  last_revision bigint;
  last_at bigint;
  answers text[] := '{}';
BEGIN
  PERFORM {schema}.take_turn(this_attempt);
  SELECT position INTO head FROM {schema}.events ORDER BY position DESC LIMIT 1;
  head := coalesce(head, 0);
  before := head;
  FOR one IN
    SELECT * FROM json_to_recordset(batch)
      AS x(stream text, whole text, expected bigint, at bigint, count integer, key text, fingerprint text, events json)
  LOOP
    IF one.key IS NOT NULL AND EXISTS (
      SELECT FROM {schema}.receipts AS kept WHERE kept.stream = one.stream AND kept.key = one.key
    ) THEN
      answers := answers || '["receipt"]'::text;
      CONTINUE;
    END IF;
    SELECT revision, recorded_at INTO last_revision, last_at FROM {schema}.events
      WHERE stream = one.stream ORDER BY revision DESC LIMIT 1;
    IF NOT (CASE one.expected
      WHEN -3 THEN true
      WHEN -2 THEN last_revision IS NOT NULL
      WHEN -1 THEN last_revision IS NULL
      ELSE last_revision IS NOT DISTINCT FROM one.expected
    END) THEN
      answers := answers || format('["conflict",%s]', coalesce('"' || last_revision || '"', 'null'));
      CONTINUE;
    END IF;
    IF one.count = 0 AND last_revision IS NULL THEN
      answers := answers || '["no-stream"]'::text;
      CONTINUE;
    END IF;
    last_revision := coalesce(last_revision, -1);
    last_at := greatest(one.at, last_at);
    INSERT INTO {schema}.events
      SELECT head + n, one.stream, last_revision + n, id, type, version, last_at, data::json, metadata::json, one.whole
      FROM ROWS FROM (
        json_to_recordset(one.events) AS (id text, type text, version integer, data text, metadata text)
      ) WITH ORDINALITY AS given (id, type, version, data, metadata, n);
    IF one.key IS NOT NULL THEN
      INSERT INTO {schema}.receipts VALUES (one.stream, one.key, one.fingerprint, last_revision + one.count);
    END IF;
    answers := answers || format('["ok","%s","%s","%s"]', head + 1, last_revision + 1, last_at);
    head := head + one.count;
  END LOOP;
  IF head > before THEN
    PERFORM {schema}.tell_listeners();
  END IF;
  RETURN '[' || array_to_string(answers, ',') || ']';
END
$function$;`;

/**
 * Replaces rows and their entries in the indexes: an array of {key, content or null, entries}, bytes in hexadecimal;
 * entries are null where they stay as they are. What is kept as JSON comes as text, here as in `append_events`: taken apart as JSON it could hold no \\u0000.
 */
const WRITE_ROWS = `
CREATE FUNCTION {schema}.write_rows(this_model bigint, changes json) RETURNS void
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
  WITH given AS MATERIALIZED (
    SELECT decode(x.key, 'hex') AS key, x.content::json AS content, x.entries IS NULL AS is_indexed_as_before,
      ARRAY(SELECT decode(k.hex, 'hex') FROM json_array_elements_text(x.entries) AS k(hex)) AS entries
    FROM json_to_recordset(changes) AS x(key text, content text, entries json)
  ), removed AS (
    DELETE FROM {schema}.read_model_rows AS kept USING given
      WHERE given.content IS NULL AND kept.model = this_model AND sha256(kept.key) = sha256(given.key)
  ), written AS (
    INSERT INTO {schema}.read_model_rows SELECT this_model, key, content FROM given WHERE content IS NOT NULL
      ON CONFLICT (model, sha256(key)) DO UPDATE SET content = excluded.content
  ), left_out AS (
    DELETE FROM {schema}.read_model_entries AS kept USING given
      WHERE NOT given.is_indexed_as_before AND kept.model = this_model AND sha256(kept.key) = sha256(given.key)
        AND kept.entry <> ALL (given.entries)
  )
  INSERT INTO {schema}.read_model_entries SELECT this_model, entry, key FROM given, unnest(given.entries) AS entry
    ON CONFLICT DO NOTHING;
END
$function$;`;

/** Takes one step of a read model, if its checkpoint is the expected one. Answers null, or else where it is or ''. */
const TAKE_STEP = `
CREATE FUNCTION {schema}.take_step(this_model bigint, expected numeric, reached numeric, changes json) RETURNS text
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
  UPDATE {schema}.read_models SET checkpoint = reached, steps = steps + 1
    WHERE model = this_model AND stage <> 'replaced' AND checkpoint IS NOT DISTINCT FROM expected;
  IF NOT FOUND THEN
    RETURN coalesce((SELECT checkpoint::text FROM {schema}.read_models WHERE model = this_model), '');
  END IF;
  PERFORM {schema}.write_rows(this_model, changes);
  PERFORM {schema}.tell_listeners();
  RETURN NULL;
END
$function$;`;

/** The functions of schema version 1. `{…}` stands for what depends on the schema's name. */
export const FUNCTIONS: readonly string[] = [
  TAKE_TURN,
  TELL_LISTENERS,
  APPEND_EVENT,
  APPEND_EVENTS,
  WRITE_ROWS,
  TAKE_STEP,
  WRITERS_VIEW,
  WRITE_RECKONED,
  WRITE_RECKONED_EVENT,
];
