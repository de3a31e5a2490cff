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
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT decode(x.key, 'hex') AS key, x.content::json AS content, x.entries IS NULL AS is_indexed_as_before,
      ARRAY(SELECT decode(k.hex, 'hex') FROM json_array_elements_text(x.entries) AS k(hex)) AS entries
    FROM json_to_recordset(changes) AS x(key text, content text, entries json)
  LOOP
    IF one.content IS NULL THEN
      DELETE FROM {schema}.read_model_rows AS kept WHERE kept.model = this_model AND sha256(kept.key) = sha256(one.key);
    ELSE
      INSERT INTO {schema}.read_model_rows VALUES (this_model, one.key, one.content)
        ON CONFLICT (model, sha256(key)) DO UPDATE SET content = excluded.content;
    END IF;
    CONTINUE WHEN one.is_indexed_as_before;
    DELETE FROM {schema}.read_model_entries AS kept
      WHERE kept.model = this_model AND sha256(kept.key) = sha256(one.key) AND kept.entry <> ALL (one.entries);
    INSERT INTO {schema}.read_model_entries SELECT this_model, entry, one.key FROM unnest(one.entries) AS entry
      ON CONFLICT DO NOTHING;
  END LOOP;
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

/**
 * What a writer has to know before he reckons rows: where the store is, where these streams end, which of these receipts
 * there are, and these rows of these read models. Called in the writer's turn; the answer is JSON in the order asked.
 */
const WRITERS_VIEW = `
CREATE FUNCTION {schema}.writers_view(streams text[], receipts json, models json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
  RETURN json_build_object(
    'head', (SELECT coalesce(max(position), 0)::text FROM {schema}.events),
    'ends', (SELECT json_agg((
        SELECT json_build_array(revision::text, recorded_at) FROM {schema}.events AS kept
        WHERE kept.stream = asked.stream ORDER BY revision DESC LIMIT 1
      ) ORDER BY n) FROM unnest(streams) WITH ORDINALITY AS asked(stream, n)),
    'receipts', (SELECT json_agg(json_build_array(kept.stream, kept.key)) FROM {schema}.receipts AS kept
      JOIN json_to_recordset(receipts) AS asked(stream text, key text) USING (stream, key)),
    'models', (SELECT json_agg(json_build_object(
        'model', kept.model::text, 'steps', kept.steps::text, 'checkpoint', coalesce(kept.checkpoint, 0)::text,
        'rows', (SELECT json_agg(json_build_array(encode(found.key, 'hex'), found.content::text))
          FROM {schema}.read_model_rows AS found WHERE found.model = kept.model
          AND sha256(found.key) IN (SELECT sha256(decode(k.hex, 'hex')) FROM json_array_elements_text(asked.keys) AS k(hex)))
      ) ORDER BY n)
      FROM ROWS FROM (json_to_recordset(models) AS (name text, keys json)) WITH ORDINALITY AS asked(name, keys, n)
      JOIN {schema}.read_models AS kept ON kept.name = asked.name AND kept.stage = 'live'));
END
$function$;`;

/**
 * Writes events, receipts and rows that were reckoned before, if everything is still where it was then; else answers
 * false and has written nothing.
 */
const WRITE_RECKONED = `
CREATE FUNCTION {schema}.write_reckoned(this_attempt text, expected_head bigint, new_events json, new_receipts json, models json)
RETURNS boolean LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
  reached bigint;
  one record;
BEGIN
  PERFORM {schema}.take_turn(this_attempt);
  SELECT position INTO reached FROM {schema}.events ORDER BY position DESC LIMIT 1;
  IF coalesce(reached, 0) <> expected_head THEN
    RETURN false;
  END IF;
  FOR one IN SELECT * FROM json_to_recordset(models) AS x(model bigint, steps bigint) LOOP
    IF NOT EXISTS (
      SELECT FROM {schema}.read_models AS kept WHERE kept.model = one.model AND kept.stage = 'live'
        AND kept.steps = one.steps AND coalesce(kept.checkpoint, 0) = expected_head
    ) THEN
      RETURN false;
    END IF;
  END LOOP;
  IF json_array_length(new_receipts) > 0 THEN
    IF EXISTS (
      SELECT FROM json_to_recordset(new_receipts) AS x(stream text, key text) JOIN {schema}.receipts USING (stream, key)
    ) THEN
      RETURN false;
    END IF;
    INSERT INTO {schema}.receipts
      SELECT * FROM json_to_recordset(new_receipts) AS x(stream text, key text, fingerprint text, revision bigint);
  END IF;
  INSERT INTO {schema}.events
    SELECT position, stream, revision, id, type, version, at, data::json, metadata::json, whole
    FROM json_to_recordset(new_events) AS x(position bigint, stream text, revision bigint, id text, type text,
      version integer, at bigint, data text, metadata text, whole text);
  GET DIAGNOSTICS reached = ROW_COUNT;
  IF reached > 0 THEN
    FOR one IN SELECT * FROM json_to_recordset(models) AS x(model bigint, changes json) LOOP
      UPDATE {schema}.read_models SET checkpoint = expected_head + reached, steps = steps + 1 WHERE model = one.model;
      PERFORM {schema}.write_rows(one.model, one.changes);
    END LOOP;
    PERFORM {schema}.tell_listeners();
  END IF;
  RETURN true;
END
$function$;`;

/** The functions of schema version 1. `{…}` stands for what depends on the schema's name. */
export const FUNCTIONS: readonly string[] = [
  TAKE_TURN,
  TELL_LISTENERS,
  APPEND_EVENTS,
  WRITE_ROWS,
  TAKE_STEP,
  WRITERS_VIEW,
  WRITE_RECKONED,
];
