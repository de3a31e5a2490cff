import { BEGIN_KNOWN_TURN, ERA, INSERT_AT_PLACE, KNOWN_EVENT, plpgsql, TELL_LISTENERS } from './turn.js';

/**
 * What a writer has to know before he reckons rows: where the store is, where these streams end, which of these receipts
 * there are, and these rows of these read models. Called in the writer's turn; the answer is JSON in the order asked.
 */
export const WRITERS_VIEW: string = plpgsql(
  'writers_view(streams text[], receipts json, models json) RETURNS json',
  `BEGIN
  RETURN json_build_object(
    'era', ${ERA},
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
END`,
);

/**
 * Writes events, receipts and rows that were reckoned before, if everything is still where it was then; else answers
 * 'others wrote' and has written nothing.
 */
export const WRITE_RECKONED: string = plpgsql(
  `write_reckoned(lock_ms text, this_attempt text, known_era text, expected_head bigint, new_events json,
  new_receipts json, models json) RETURNS text`,
  `DECLARE
  reached bigint;
  one record;
BEGIN
  PERFORM {schema}.take_turn(lock_ms, this_attempt);
  IF ${ERA} IS DISTINCT FROM known_era THEN
    RETURN 'others wrote';
  END IF;
  SELECT position INTO reached FROM {schema}.events ORDER BY position DESC LIMIT 1;
  IF coalesce(reached, 0) <> expected_head THEN
    RETURN 'others wrote';
  END IF;
  FOR one IN SELECT * FROM json_to_recordset(models) AS x(model bigint, steps bigint) LOOP
    IF NOT EXISTS (
      SELECT FROM {schema}.read_models AS kept WHERE kept.model = one.model AND kept.stage = 'live'
        AND kept.steps = one.steps AND coalesce(kept.checkpoint, 0) = expected_head
    ) THEN
      RETURN 'others wrote';
    END IF;
  END LOOP;
  IF json_array_length(new_receipts) > 0 THEN
    IF EXISTS (
      SELECT FROM json_to_recordset(new_receipts) AS x(stream text, key text) JOIN {schema}.receipts USING (stream, key)
    ) THEN
      RETURN 'others wrote';
    END IF;
    INSERT INTO {schema}.receipts
      SELECT * FROM json_to_recordset(new_receipts) AS x(stream text, key text, fingerprint text, revision bigint);
  END IF;
  INSERT INTO {schema}.events
    SELECT position, stream, revision, id, type, version, at, data::json, metadata::json, whole, append_place, append_count
    FROM json_to_recordset(new_events) AS x(position bigint, stream text, revision bigint, id text, type text,
      version integer, at bigint, data text, metadata text, whole text, append_place integer, append_count integer);
  GET DIAGNOSTICS reached = ROW_COUNT;
  IF reached > 0 THEN
    FOR one IN SELECT * FROM json_to_recordset(models) AS x(model bigint, changes json) LOOP
      UPDATE {schema}.read_models SET checkpoint = expected_head + reached, steps = steps + 1 WHERE model = one.model;
      PERFORM {schema}.write_rows(one.model, one.changes);
    END LOOP;${TELL_LISTENERS}
  END IF;
  RETURN 'written';
END`,
);

/**
 * The most frequent of those by itself: one event, no receipt, one read model. Its row is given as key and content while its
 * entries in the indexes stay, else as an argument of `write_rows`, or not at all when the event changes none.
 */
export const WRITE_RECKONED_EVENT: string = plpgsql(
  `write_reckoned_event(lock_ms text, ${KNOWN_EVENT},
  this_model bigint, known_steps bigint, row_key bytea, row_content json, changes json) RETURNS text`,
  `BEGIN ${BEGIN_KNOWN_TURN}${INSERT_AT_PLACE}
  UPDATE {schema}.read_models SET checkpoint = place, steps = steps + 1
    WHERE model = this_model AND steps = known_steps AND stage = 'live';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the read model is not where it was' USING ERRCODE = 'LP003';
  END IF;
  IF row_key IS NOT NULL THEN
    UPDATE {schema}.read_model_rows SET content = row_content WHERE model = this_model AND sha256(key) = sha256(row_key);
    IF NOT FOUND THEN
      INSERT INTO {schema}.read_model_rows VALUES (this_model, row_key, row_content);
    END IF;
  ELSIF changes IS NOT NULL THEN
    PERFORM {schema}.write_rows(this_model, changes);
  END IF;${TELL_LISTENERS}
  RETURN 'written';
END`,
);
