-- What postgresMigration() of a program of version 9 printed: never changed.
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
  model bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  stage text COLLATE "C" NOT NULL CHECK (stage IN ('live', 'rebuilding', 'replaced')),
  checkpoint numeric(51),
  steps bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX read_models_by_name ON "{name}".read_models (name, stage) WHERE stage <> 'replaced';

CREATE TABLE "{name}".read_model_rows (
  model bigint NOT NULL,
  key bytea NOT NULL,
  content json NOT NULL
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX read_model_rows_by_key ON "{name}".read_model_rows (model, sha256(key));

CREATE TABLE "{name}".read_model_entries (
  model bigint NOT NULL,
  entry bytea NOT NULL,
  key bytea NOT NULL
);
COMMENT ON COLUMN "{name}".read_model_entries.entry IS 'SHA-256 of the name of an index and a value';
CREATE UNIQUE INDEX read_model_entries_in_order
  ON "{name}".read_model_entries (model, entry, substring(key FROM 1 FOR 500), sha256(key));
CREATE INDEX read_model_entries_by_key ON "{name}".read_model_entries (model, sha256(key));

CREATE FUNCTION "{name}".look_v9(lock_ms text, streams text[], receipt_streams text[], receipt_keys text[],
  models text[], row_models text[], row_keys bytea[]) RETURNS TABLE (what text, name text, a text, b text, c text) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  before text := current_setting('lock_timeout');
  head record;
BEGIN 
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
    RAISE EXCEPTION 'this role may not write' USING ERRCODE = '42501';
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
    RETURN QUERY SELECT 'model', m.name, m.model::text, CASE WHEN m.model = ANY (head.kept) THEN head.position || ' ' || head.id ELSE m.checkpoint::text END, NULL::text
      FROM "{name}".read_models AS m WHERE m.name = ANY (models) AND m.stage = 'live';
  END IF;
  IF row_keys IS NOT NULL THEN
    RETURN QUERY SELECT 'row', given.name, encode(given.key, 'hex'), found.content::text, NULL::text
      FROM (SELECT wanted.name, m.model, wanted.key FROM unnest(row_models, row_keys) AS wanted(name, key)
        JOIN "{name}".read_models AS m ON m.name = wanted.name AND m.stage = 'live') AS given,
      LATERAL (SELECT kept.content FROM "{name}".read_model_rows AS kept
    WHERE kept.model = given.model AND sha256(kept.key) = sha256(given.key)  OFFSET 0) AS found;
  END IF;
END
$function$;
CREATE FUNCTION "{name}".append_v9(known_era text, not_after bigint, known_head text, keeps bigint[], streams text[], revisions bigint[], ids text[],
  types text[], times bigint[], data text, metadata text, places integer[], counts integer[], versions integer[], wholes text[],
  row_models bigint[], gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[], receipts json, dropped json) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  done bigint;
BEGIN 
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
  END IF;
  IF row_keys IS NOT NULL THEN
    IF gone > 0 THEN
      DELETE FROM "{name}".read_model_rows WHERE ctid = ANY (ARRAY(
        SELECT found.ctid FROM unnest(row_models[:gone], row_keys[:gone]) AS given(model, key),
          LATERAL (SELECT kept.ctid FROM "{name}".read_model_rows AS kept
    WHERE kept.model = given.model AND sha256(kept.key) = sha256(given.key)  OFFSET 0) AS found));
    END IF;
    INSERT INTO "{name}".read_model_rows (model, key, content)
      SELECT * FROM unnest(row_models[gone + 1:], row_keys[gone + 1:], string_to_array(contents, chr(10))::json[])
      ON CONFLICT (model, sha256(key)) DO UPDATE SET content = excluded.content;
    IF entering IS NOT NULL THEN
      IF leaving IS NULL OR '' <> ANY (leaving) THEN
        DELETE FROM "{name}".read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], coalesce(leaving, entering)) AS given(model, key, entries),
            LATERAL (SELECT kept.ctid FROM "{name}".read_model_entries AS kept
    WHERE kept.model = given.model AND sha256(kept.key) = sha256(given.key) AND (position(kept.entry IN given.entries) > 0) = (leaving IS NOT NULL) OFFSET 0) AS found));
      END IF;
      INSERT INTO "{name}".read_model_entries (model, entry, key)
        SELECT given.model, substring(given.entries FROM place FOR 32), given.key
        FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], entering) AS given(model, key, entries), generate_series(1, length(given.entries), 32) AS place
        ON CONFLICT DO NOTHING;
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
CREATE FUNCTION "{name}".take_step_v9(this_model bigint, expected numeric, reached numeric, gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[]) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  now_at record;
  row_models bigint[] := array_fill(this_model, ARRAY[coalesce(cardinality(row_keys), 0)]);
BEGIN 
  IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('client_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'what writes needs a transaction at READ COMMITTED, and client_encoding UTF8' USING ERRCODE = 'LP002';
  END IF;
  PERFORM FROM "{name}".read_models WHERE model = this_model AND stage <> 'replaced' FOR UPDATE;
  SELECT CASE WHEN m.model = ANY (head.kept) THEN head.position || ' ' || head.id ELSE m.checkpoint::text END AS placed, m.checkpoint, (m.model = ANY (head.kept)) IS TRUE AS is_kept INTO now_at
    FROM "{name}".read_models AS m LEFT JOIN (SELECT position, id, kept FROM "{name}".events ORDER BY position DESC LIMIT 1) AS head ON true WHERE m.model = this_model AND m.stage <> 'replaced';
  IF NOT FOUND THEN
    RETURN 'replaced';
  END IF;
  IF now_at.is_kept OR now_at.checkpoint IS DISTINCT FROM expected THEN
    RETURN coalesce(now_at.placed, '');
  END IF;
  UPDATE "{name}".read_models SET checkpoint = reached, steps = steps + 1 WHERE model = this_model;
  IF row_keys IS NOT NULL THEN
    IF gone > 0 THEN
      DELETE FROM "{name}".read_model_rows WHERE ctid = ANY (ARRAY(
        SELECT found.ctid FROM unnest(row_models[:gone], row_keys[:gone]) AS given(model, key),
          LATERAL (SELECT kept.ctid FROM "{name}".read_model_rows AS kept
    WHERE kept.model = given.model AND sha256(kept.key) = sha256(given.key)  OFFSET 0) AS found));
    END IF;
    INSERT INTO "{name}".read_model_rows (model, key, content)
      SELECT * FROM unnest(row_models[gone + 1:], row_keys[gone + 1:], string_to_array(contents, chr(10))::json[])
      ON CONFLICT (model, sha256(key)) DO UPDATE SET content = excluded.content;
    IF entering IS NOT NULL THEN
      IF leaving IS NULL OR '' <> ANY (leaving) THEN
        DELETE FROM "{name}".read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], coalesce(leaving, entering)) AS given(model, key, entries),
            LATERAL (SELECT kept.ctid FROM "{name}".read_model_entries AS kept
    WHERE kept.model = given.model AND sha256(kept.key) = sha256(given.key) AND (position(kept.entry IN given.entries) > 0) = (leaving IS NOT NULL) OFFSET 0) AS found));
      END IF;
      INSERT INTO "{name}".read_model_entries (model, entry, key)
        SELECT given.model, substring(given.entries FROM place FOR 32), given.key
        FROM unnest(row_models[:cardinality(entering)], row_keys[:cardinality(entering)], entering) AS given(model, key, entries), generate_series(1, length(given.entries), 32) AS place
        ON CONFLICT DO NOTHING;
    END IF;
  END IF;
  IF NOT pg_try_advisory_xact_lock(({listen_lock})::bigint) THEN
    PERFORM pg_notify('{name}', '');
  END IF;
  RETURN NULL;
END
$function$;
ALTER TABLE "{name}".migrations ADD COLUMN IF NOT EXISTS serves_from integer;
INSERT INTO "{name}".migrations (version, serves_from) VALUES (9, 9);
COMMIT;
