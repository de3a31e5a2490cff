-- What postgresMigration() of a program of version 12 printed: never changed.
BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
DO $$ BEGIN
  IF pg_catalog.to_regnamespace('"{name}"') IS NULL THEN CREATE SCHEMA "{name}"; END IF;
END $$;
CREATE TABLE IF NOT EXISTS "{name}".migrations (
  version integer PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE "{name}".events (
  position bigint PRIMARY KEY,
  stream text COLLATE "C" NOT NULL,
  revision bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  schema_version integer NOT NULL,
  recorded_at bigint NOT NULL,
  data json NOT NULL,
  metadata json NOT NULL,
  whole_stream text COLLATE "C",
  append_place integer,
  append_count integer,
  kept bigint[],
  UNIQUE (stream, revision)
);

CREATE TABLE "{name}".receipts (
  stream text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (stream, key)
);

CREATE SEQUENCE "{name}".revocations;
SELECT pg_catalog.nextval('"{name}".revocations');


COMMENT ON COLUMN "{name}".events.recorded_at IS 'milliseconds since 1970 in UTC';
COMMENT ON COLUMN "{name}".events.whole_stream IS 'the name of the stream, where it is too long for an index';
COMMENT ON COLUMN "{name}".events.append_count IS 'how many events were recorded together, if it was not this one alone';
COMMENT ON COLUMN "{name}".events.kept IS 'the read models whose rows were changed in the same transaction, or needed no change';

CREATE TABLE "{name}".read_models (
  model bigint PRIMARY KEY DEFAULT ('x' || translate(left(gen_random_uuid()::text, 18), '-', ''))::bit(60)::bigint,
  name text COLLATE "C" NOT NULL,
  stage text COLLATE "C" NOT NULL CHECK (stage IN ('live', 'rebuilding', 'replaced')),
  checkpoint numeric(51),
  steps bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX read_models_by_name ON "{name}".read_models (name, stage) WHERE stage <> 'replaced';

CREATE TABLE "{name}".read_model_rows (
  model bigint NOT NULL,
  key bytea NOT NULL,
  content json NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (model, digest)
) WITH (fillfactor = 80);
CREATE INDEX read_model_rows_by_key ON "{name}".read_model_rows (sha256(key), model);

CREATE TABLE "{name}".read_model_entries (
  model bigint NOT NULL,
  entry bytea NOT NULL,
  key bytea NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (model, digest, entry)
);
CREATE UNIQUE INDEX read_model_entries_in_order
  ON "{name}".read_model_entries (model, entry, substring(key FROM 1 FOR 500), sha256(key));

COMMENT ON COLUMN "{name}".read_models.checkpoint IS 'for programs of version 9: the one that counts stands beside the rows';
COMMENT ON COLUMN "{name}".read_model_rows.digest IS 'SHA-256 of the key, which may be too long for an index';
COMMENT ON COLUMN "{name}".read_model_entries.entry IS 'SHA-256 of the name of an index and a value';

CREATE OR REPLACE FUNCTION "{name}".placed_v10(at numeric) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
  IF at IS NULL OR at >= 9223372036854775808 * 1099511627776 THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT e.position || ' ' || e.id FROM "{name}".events AS e
    WHERE e.position = div(at, 1099511627776)::bigint AND mod(at, 1099511627776) = (
      SELECT sum(greatest(strpos('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(e.id, length(e.id) - 7 + n, 1)) - 1, 0)::bigint << 35 - 5 * n)
      FROM generate_series(0, 7) AS n));
END
$function$;
CREATE OR REPLACE FUNCTION "{name}".look_v10(lock_ms text, streams text[], receipt_streams text[], receipt_keys text[],
  models text[], row_models text[], row_keys bytea[]) RETURNS TABLE (what text, name text, a text, b text, c text) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  before text := current_setting('lock_timeout');
  head record;
BEGIN 
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION 'a standby, or a session that may only read' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('client_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'what writes needs a transaction at READ COMMITTED, and client_encoding UTF8' USING ERRCODE = 'LP002';
  END IF;
  IF lock_ms IS NOT NULL AND before = '0' THEN
    PERFORM set_config('lock_timeout', lock_ms, true);
  END IF;
  PERFORM pg_advisory_xact_lock(({append_lock})::bigint);
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', before, true);
  END IF;
  IF pg_sequence_last_value('"{name}".revocations') || ' ' || (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint IS NULL THEN
    -- Not counted yet, as after a copy by logical replication; or this role may not.
    PERFORM nextval('"{name}".revocations');
  END IF;
  SELECT * INTO head FROM (SELECT position, id, kept FROM "{name}".events ORDER BY position DESC LIMIT 1) AS last;
  RETURN QUERY SELECT 'head', pg_sequence_last_value('"{name}".revocations') || ' ' || (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, coalesce(head.position, 0)::text, head.id, array_to_string(head.kept, ' ');
  RETURN QUERY SELECT 'end', wanted.stream, found.revision::text, found.recorded_at::text, found.id
    FROM unnest(streams) AS wanted(stream), LATERAL (
      SELECT e.revision, e.recorded_at, e.id FROM "{name}".events AS e WHERE e.stream = wanted.stream
      ORDER BY e.revision DESC LIMIT 1) AS found;
  IF receipt_keys IS NOT NULL THEN
    RETURN QUERY SELECT 'receipt', wanted.stream, wanted.key, NULL::text, NULL::text
      FROM unnest(receipt_streams, receipt_keys) AS wanted(stream, key), LATERAL (
        SELECT FROM "{name}".receipts AS kept WHERE kept.stream = wanted.stream AND kept.key = wanted.key OFFSET 0) AS found;
  END IF;
  IF models IS NOT NULL THEN
    RETURN QUERY SELECT 'model', found.name, found.model::text, found.placed, NULL::text
      FROM (SELECT m.name, m.model, CASE WHEN marker.placed IN (head.position || ' ' || head.id, '0') OR head.position IS NULL OR EXISTS (
    SELECT FROM "{name}".events AS known WHERE known.id = split_part(marker.placed, ' ', 2)
      AND known.position = CASE WHEN marker.placed LIKE '% %' THEN split_part(marker.placed, ' ', 1)::bigint END)
  THEN marker.placed END AS placed
        FROM "{name}".read_models AS m LEFT JOIN LATERAL (SELECT btrim(kept.content::text, '"') AS placed FROM "{name}".read_model_rows AS kept
    WHERE kept.model = m.model AND kept.digest > decode(repeat('ff', 32), 'hex') ORDER BY kept.digest DESC LIMIT 1) AS marker ON true WHERE m.name = ANY (models) AND m.stage = 'live') AS found
      WHERE CASE WHEN head.position IS NULL OR found.placed IS NULL
        THEN coalesce(found.placed, '0') = '0' AND (found.placed = '0' OR NOT EXISTS (
          SELECT FROM "{name}".read_model_rows AS r WHERE r.model = found.model)) ELSE true END;
  END IF;
  IF row_keys IS NOT NULL THEN
    RETURN QUERY SELECT 'row', given.name, encode(given.key, 'hex'), found.content::text, NULL::text
      FROM (SELECT wanted.name, m.model, wanted.key FROM unnest(row_models, row_keys) AS wanted(name, key)
        JOIN "{name}".read_models AS m ON m.name = wanted.name AND m.stage = 'live') AS given,
      LATERAL (SELECT kept.content FROM "{name}".read_model_rows AS kept
    WHERE kept.model = given.model AND kept.digest = sha256(given.key)  OFFSET 0) AS found;
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION "{name}".append_v10(known_era text, not_after bigint, known_head text, keeps bigint[], streams text[], revisions bigint[], ids text[],
  types text[], times bigint[], data text, metadata text, places integer[], counts integer[], versions integer[], wholes text[],
  row_models bigint[], gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[], receipts json, dropped json) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  done bigint;
  marked bigint;
  last text;
BEGIN 
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION 'a standby, or a session that may only read' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('client_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'what writes needs a transaction at READ COMMITTED, and client_encoding UTF8' USING ERRCODE = 'LP002';
  END IF;
  IF NOT pg_try_advisory_xact_lock(({append_lock})::bigint) THEN
    RETURN 'others write';
  END IF;
  IF pg_sequence_last_value('"{name}".revocations') || ' ' || (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint IS DISTINCT FROM known_era THEN
    RETURN 'given up for lost, or another server';
  END IF;
  IF (extract(epoch FROM clock_timestamp()) * 1000)::bigint > not_after THEN
    RETURN 'too late for the time it would be recorded at';
  END IF;
  IF ids IS NOT NULL THEN
    INSERT INTO "{name}".events (position, stream, revision, id, type, schema_version, recorded_at, data, metadata, whole_stream,
        append_place, append_count, kept)
      SELECT split_part(known_head, ' ', 1)::bigint + x.n, x.stream, x.revision, x.id, x.type, coalesce(x.version, 1), x.at, x.data,
        x.metadata, nullif(x.whole, ''), nullif(x.place, 0), nullif(x.count, 0), keeps
      FROM unnest(streams, revisions, ids, types, times, string_to_array(data, chr(10))::json[],
        string_to_array(metadata, chr(10))::json[], places, counts, versions, wholes) WITH ORDINALITY
        AS x(stream, revision, id, type, at, data, metadata, place, count, version, whole, n)
      WHERE known_head = coalesce((SELECT head.position || ' ' || head.id FROM (SELECT position, id, kept FROM "{name}".events ORDER BY position DESC LIMIT 1) AS head), '0 ');
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done = 0 THEN
      RETURN 'others wrote';
    END IF;
    last := split_part(known_head, ' ', 1)::bigint + done || ' ' || ids[done];
    DELETE FROM "{name}".read_model_rows AS kept WHERE kept.model = ANY (keeps) AND kept.digest = (decode(repeat('ff', 32), 'hex') || CASE WHEN known_head LIKE '% _%'
    THEN int8send(split_part(known_head, ' ', 1)::bigint) || convert_to(split_part(known_head, ' ', 2), 'UTF8') ELSE decode('00', 'hex') END);
    GET DIAGNOSTICS marked = ROW_COUNT;
    -- Some begin with the log. Where rows were put back by themselves it is refused, as if they were there (unique_violation).
    IF marked < cardinality(keeps) AND (known_head <> '0 ' OR EXISTS (
        SELECT FROM "{name}".read_model_rows AS r WHERE r.model = ANY (keeps) AND r.digest > decode(repeat('ff', 32), 'hex'))) THEN
      RAISE EXCEPTION 'a read model is not where it was' USING ERRCODE = 'unique_violation';
    END IF;
    INSERT INTO "{name}".read_model_rows (model, key, digest, content)
    SELECT given.model, decode('ff', 'hex'), (decode(repeat('ff', 32), 'hex') || CASE WHEN given.placed LIKE '% _%'
    THEN int8send(split_part(given.placed, ' ', 1)::bigint) || convert_to(split_part(given.placed, ' ', 2), 'UTF8') ELSE decode('00', 'hex') END), to_json(given.placed) FROM (SELECT kept, last FROM unnest(keeps) AS kept) AS given(model, placed);
  END IF;
  IF row_keys IS NOT NULL THEN
    IF gone > 0 THEN
      DELETE FROM "{name}".read_model_rows WHERE ctid = ANY (ARRAY(
        SELECT found.ctid FROM unnest(row_models[:gone], row_keys[:gone]) AS given(model, key),
          LATERAL (SELECT kept.ctid FROM "{name}".read_model_rows AS kept
    WHERE kept.model = given.model AND kept.digest = sha256(given.key)  OFFSET 0) AS found));
    END IF;
    INSERT INTO "{name}".read_model_rows (model, key, digest, content)
      SELECT given.model, given.key, sha256(given.key), given.content
      FROM unnest(row_models[gone + 1:], row_keys[gone + 1:], string_to_array(contents, chr(10))::json[]) AS given(model, key, content)
      ON CONFLICT (model, digest) DO UPDATE SET content = excluded.content;
    IF entering IS NOT NULL THEN
      IF EXISTS (SELECT FROM "{name}".read_model_entries AS counted
        WHERE counted.model = ANY (row_models) AND counted.digest > decode(repeat('ff', 32), 'hex')) THEN
        WITH left_out AS (DELETE FROM "{name}".read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], coalesce(leaving, entering)) AS given(model, key, entries),
            LATERAL (SELECT kept.ctid FROM "{name}".read_model_entries AS kept
    WHERE kept.model = given.model AND kept.digest = sha256(given.key) AND (position(kept.entry IN given.entries) > 0) = (leaving IS NOT NULL) OFFSET 0) AS found)) RETURNING model, entry), entered AS (INSERT INTO "{name}".read_model_entries (model, entry, key, digest)
        SELECT given.model, substring(given.entries FROM place FOR 32), given.key, sha256(given.key)
        FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], entering) AS given(model, key, entries), generate_series(1, length(given.entries), 32) AS place
        ON CONFLICT DO NOTHING RETURNING model, entry)
        , moved AS (
          SELECT model, entry, sum(way) AS more
          FROM (SELECT model, entry, -1 AS way FROM left_out UNION ALL SELECT model, entry, 1 FROM entered) AS each
          GROUP BY model, entry HAVING sum(way) <> 0),
        counted AS (SELECT moved.model, moved.entry, moved.more, found.place, found.key
          FROM moved, LATERAL (SELECT kept.ctid AS place, kept.key
          FROM "{name}".read_model_entries AS kept WHERE kept.model = moved.model AND kept.entry = decode('ff', 'hex') || moved.entry
          ORDER BY substring(kept.key FROM 1 FOR 500) DESC LIMIT 1) AS found),
        outdated AS (DELETE FROM "{name}".read_model_entries WHERE ctid = ANY (ARRAY(SELECT place FROM counted)))
        INSERT INTO "{name}".read_model_entries (model, entry, key, digest) SELECT model, decode('ff', 'hex') || entry,
          int8send(('x' || encode(substring(key FROM 1 FOR 8), 'hex'))::bit(64)::bigint + 1) || int8send(('x' || encode(substring(key FROM 9 FOR 8), 'hex'))::bit(64)::bigint + more) || substring(key FROM 17), decode(repeat('ff', 32), 'hex') || int8send(('x' || encode(substring(key FROM 1 FOR 8), 'hex'))::bit(64)::bigint + 1) FROM counted;
      ELSE
        IF leaving IS NULL OR '' <> ANY (leaving) THEN
          DELETE FROM "{name}".read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], coalesce(leaving, entering)) AS given(model, key, entries),
            LATERAL (SELECT kept.ctid FROM "{name}".read_model_entries AS kept
    WHERE kept.model = given.model AND kept.digest = sha256(given.key) AND (position(kept.entry IN given.entries) > 0) = (leaving IS NOT NULL) OFFSET 0) AS found));
        END IF;
        INSERT INTO "{name}".read_model_entries (model, entry, key, digest)
        SELECT given.model, substring(given.entries FROM place FOR 32), given.key, sha256(given.key)
        FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], entering) AS given(model, key, entries), generate_series(1, length(given.entries), 32) AS place
        ON CONFLICT DO NOTHING;
      END IF;
    END IF;
  END IF;
  IF receipts IS NOT NULL THEN
    INSERT INTO "{name}".receipts (stream, key, fingerprint, revision)
      SELECT * FROM json_to_recordset(receipts) AS x(stream text, key text, fingerprint text, revision bigint);
  END IF;
  IF dropped IS NOT NULL THEN
    UPDATE "{name}".read_models AS m SET checkpoint = x.at, steps = steps + 1
      FROM json_to_recordset(dropped) AS x(model bigint, at numeric) WHERE m.model = x.model;
  END IF;
  IF NOT pg_try_advisory_xact_lock(({listen_lock})::bigint) THEN
    PERFORM pg_notify('{name}', '');
  END IF;
  RETURN 'written ' || (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
END
$function$;
CREATE OR REPLACE FUNCTION "{name}".take_step_v10(this_model bigint, expected numeric, reached numeric, gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[], stands_on numeric[], slices bigint) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  this record;
  now_at record;
  row_models bigint[];
BEGIN 
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION 'a standby, or a session that may only read' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('client_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'what writes needs a transaction at READ COMMITTED, and client_encoding UTF8' USING ERRCODE = 'LP002';
  END IF;
  SELECT * INTO this FROM "{name}".read_models WHERE model = this_model AND stage <> 'replaced' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'replaced';
  END IF;
  IF this.steps <> slices THEN
    RETURN 'slices lost';
  END IF;
  IF EXISTS (SELECT FROM unnest(stands_on) AS stands(at) WHERE stands.at <> 0 AND "{name}".placed_v10(stands.at) IS NULL) THEN
    RETURN 'unknown';
  END IF;
  SELECT CASE WHEN marker.placed IN (head.position || ' ' || head.id, '0') OR head.position IS NULL OR EXISTS (
    SELECT FROM "{name}".events AS known WHERE known.id = split_part(marker.placed, ' ', 2)
      AND known.position = CASE WHEN marker.placed LIKE '% %' THEN split_part(marker.placed, ' ', 1)::bigint END)
  THEN marker.placed END AS placed, (m.model = ANY (head.kept) AND marker.placed = head.position || ' ' || head.id) IS TRUE AS is_kept INTO now_at
    FROM "{name}".read_models AS m LEFT JOIN LATERAL (SELECT btrim(kept.content::text, '"') AS placed FROM "{name}".read_model_rows AS kept
    WHERE kept.model = m.model AND kept.digest > decode(repeat('ff', 32), 'hex') ORDER BY kept.digest DESC LIMIT 1) AS marker ON true LEFT JOIN (SELECT position, id, kept FROM "{name}".events ORDER BY position DESC LIMIT 1) AS head ON true WHERE m.model = this_model;
  IF now_at.is_kept OR now_at.placed IS DISTINCT FROM (CASE expected WHEN 0 THEN '0' ELSE coalesce("{name}".placed_v10(expected), expected::text) END) THEN
    RETURN coalesce(now_at.placed, '');
  END IF;
  IF expected IS NULL AND this.stage = 'live' AND EXISTS (SELECT FROM "{name}".read_model_rows AS r WHERE r.model = this_model) THEN
    UPDATE "{name}".read_models SET stage = 'replaced' WHERE model = this_model;
    INSERT INTO "{name}".read_models (name, stage) VALUES (this.name, 'live') RETURNING model INTO this_model;
    PERFORM nextval('"{name}".revocations');
  END IF;
  UPDATE "{name}".read_models SET checkpoint = reached, steps = steps + 1 WHERE model = this_model;
  DELETE FROM "{name}".read_model_rows AS kept WHERE kept.model = this_model AND kept.digest > decode(repeat('ff', 32), 'hex');
  IF NOT FOUND AND now_at.placed IS NOT NULL THEN
    RAISE EXCEPTION 'an append moved the read model meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  INSERT INTO "{name}".read_model_rows (model, key, digest, content)
    SELECT given.model, decode('ff', 'hex'), (decode(repeat('ff', 32), 'hex') || CASE WHEN given.placed LIKE '% _%'
    THEN int8send(split_part(given.placed, ' ', 1)::bigint) || convert_to(split_part(given.placed, ' ', 2), 'UTF8') ELSE decode('00', 'hex') END), to_json(given.placed) FROM (SELECT this_model, (CASE reached WHEN 0 THEN '0' ELSE coalesce("{name}".placed_v10(reached), reached::text) END)) AS given(model, placed);
  row_models := array_fill(this_model, ARRAY[coalesce(cardinality(row_keys), 0)]);
  IF row_keys IS NOT NULL THEN
    IF gone > 0 THEN
      DELETE FROM "{name}".read_model_rows WHERE ctid = ANY (ARRAY(
        SELECT found.ctid FROM unnest(row_models[:gone], row_keys[:gone]) AS given(model, key),
          LATERAL (SELECT kept.ctid FROM "{name}".read_model_rows AS kept
    WHERE kept.model = given.model AND kept.digest = sha256(given.key)  OFFSET 0) AS found));
    END IF;
    INSERT INTO "{name}".read_model_rows (model, key, digest, content)
      SELECT given.model, given.key, sha256(given.key), given.content
      FROM unnest(row_models[gone + 1:], row_keys[gone + 1:], string_to_array(contents, chr(10))::json[]) AS given(model, key, content)
      ON CONFLICT (model, digest) DO UPDATE SET content = excluded.content;
    IF entering IS NOT NULL THEN
      IF EXISTS (SELECT FROM "{name}".read_model_entries AS counted
        WHERE counted.model = ANY (row_models) AND counted.digest > decode(repeat('ff', 32), 'hex')) THEN
        WITH left_out AS (DELETE FROM "{name}".read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], coalesce(leaving, entering)) AS given(model, key, entries),
            LATERAL (SELECT kept.ctid FROM "{name}".read_model_entries AS kept
    WHERE kept.model = given.model AND kept.digest = sha256(given.key) AND (position(kept.entry IN given.entries) > 0) = (leaving IS NOT NULL) OFFSET 0) AS found)) RETURNING model, entry), entered AS (INSERT INTO "{name}".read_model_entries (model, entry, key, digest)
        SELECT given.model, substring(given.entries FROM place FOR 32), given.key, sha256(given.key)
        FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], entering) AS given(model, key, entries), generate_series(1, length(given.entries), 32) AS place
        ON CONFLICT DO NOTHING RETURNING model, entry)
        , moved AS (
          SELECT model, entry, sum(way) AS more
          FROM (SELECT model, entry, -1 AS way FROM left_out UNION ALL SELECT model, entry, 1 FROM entered) AS each
          GROUP BY model, entry HAVING sum(way) <> 0),
        counted AS (SELECT moved.model, moved.entry, moved.more, found.place, found.key
          FROM moved, LATERAL (SELECT kept.ctid AS place, kept.key
          FROM "{name}".read_model_entries AS kept WHERE kept.model = moved.model AND kept.entry = decode('ff', 'hex') || moved.entry
          ORDER BY substring(kept.key FROM 1 FOR 500) DESC LIMIT 1) AS found),
        outdated AS (DELETE FROM "{name}".read_model_entries WHERE ctid = ANY (ARRAY(SELECT place FROM counted)))
        INSERT INTO "{name}".read_model_entries (model, entry, key, digest) SELECT model, decode('ff', 'hex') || entry,
          int8send(('x' || encode(substring(key FROM 1 FOR 8), 'hex'))::bit(64)::bigint + 1) || int8send(('x' || encode(substring(key FROM 9 FOR 8), 'hex'))::bit(64)::bigint + more) || substring(key FROM 17), decode(repeat('ff', 32), 'hex') || int8send(('x' || encode(substring(key FROM 1 FOR 8), 'hex'))::bit(64)::bigint + 1) FROM counted;
      ELSE
        IF leaving IS NULL OR '' <> ANY (leaving) THEN
          DELETE FROM "{name}".read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], coalesce(leaving, entering)) AS given(model, key, entries),
            LATERAL (SELECT kept.ctid FROM "{name}".read_model_entries AS kept
    WHERE kept.model = given.model AND kept.digest = sha256(given.key) AND (position(kept.entry IN given.entries) > 0) = (leaving IS NOT NULL) OFFSET 0) AS found));
        END IF;
        INSERT INTO "{name}".read_model_entries (model, entry, key, digest)
        SELECT given.model, substring(given.entries FROM place FOR 32), given.key, sha256(given.key)
        FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], entering) AS given(model, key, entries), generate_series(1, length(given.entries), 32) AS place
        ON CONFLICT DO NOTHING;
      END IF;
    END IF;
  END IF;
  IF NOT pg_try_advisory_xact_lock(({listen_lock})::bigint) THEN
    PERFORM pg_notify('{name}', '');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION "{name}".keep_count_v12(this_model bigint, this_entry bytea, before bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  counts record;
BEGIN 
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION 'a standby, or a session that may only read' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('client_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'what writes needs a transaction at READ COMMITTED, and client_encoding UTF8' USING ERRCODE = 'LP002';
  END IF;
  IF NOT pg_try_advisory_xact_lock(({append_lock})::bigint) THEN
    RETURN false;
  END IF;
  PERFORM FROM "{name}".read_models WHERE model = this_model AND stage = 'live' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN true;
  END IF;
  SELECT found.place, found.key INTO counts FROM (SELECT kept.ctid AS place, kept.key
          FROM "{name}".read_model_entries AS kept WHERE kept.model = this_model AND kept.entry = decode('ff', 'hex') || this_entry
          ORDER BY substring(kept.key FROM 1 FOR 500) DESC LIMIT 1) AS found;
  IF counts.key IS NULL AND before IS NULL THEN
    INSERT INTO "{name}".read_model_entries (model, entry, key, digest) VALUES (this_model, decode('ff', 'hex') || this_entry, int8send(1) || int8send(0), decode(repeat('ff', 32), 'hex') || int8send(1));
  ELSIF length(counts.key) = 16 AND before IS NOT NULL THEN
    DELETE FROM "{name}".read_model_entries WHERE ctid = counts.place;
    INSERT INTO "{name}".read_model_entries (model, entry, key, digest) VALUES (this_model, decode('ff', 'hex') || this_entry, int8send(('x' || encode(substring(counts.key FROM 1 FOR 8), 'hex'))::bit(64)::bigint + 1) || substring(counts.key FROM 9) || int8send(before),
      decode(repeat('ff', 32), 'hex') || int8send(('x' || encode(substring(counts.key FROM 1 FOR 8), 'hex'))::bit(64)::bigint + 1));
  END IF;
  RETURN true;
END
$function$;
CREATE OR REPLACE FUNCTION "{name}".look_v9(lock_ms text, streams text[], receipt_streams text[], receipt_keys text[],
  models text[], row_models text[], row_keys bytea[]) RETURNS TABLE (what text, name text, a text, b text, c text) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN RETURN QUERY SELECT * FROM "{name}".look_v10($1, $2, $3, $4, $5, $6, $7); END
$function$;
CREATE OR REPLACE FUNCTION "{name}".append_v9(known_era text, not_after bigint, known_head text, keeps bigint[], streams text[], revisions bigint[], ids text[],
  types text[], times bigint[], data text, metadata text, places integer[], counts integer[], versions integer[], wholes text[],
  row_models bigint[], gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[], receipts json, dropped json) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN RETURN "{name}".append_v10($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23); END
$function$;
CREATE OR REPLACE FUNCTION "{name}".take_step_v9(this_model bigint, expected numeric, reached numeric, gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[]) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN RETURN "{name}".take_step_v10($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL); END
$function$;

CREATE TABLE "{name}".consumers (
  name text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL,
  session text COLLATE "C",
  run bigint,
  position numeric(51) NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE "{name}".consumer_sessions (
  session text COLLATE "C" PRIMARY KEY,
  beat bigint NOT NULL
) WITH (fillfactor = 50);

ALTER TABLE "{name}".migrations ADD COLUMN IF NOT EXISTS serves_from integer;
INSERT INTO "{name}".migrations (version, serves_from) VALUES (12, 9);
COMMIT;
