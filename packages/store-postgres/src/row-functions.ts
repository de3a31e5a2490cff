import { plpgsql, TELL_LISTENERS } from './turn.js';

/**
 * Replaces rows and their entries in the indexes: an array of {key, content or null, entries}, bytes in hexadecimal;
 * entries are null where they stay as they are. What is kept as JSON comes as text, here as in `append_events`: taken apart as JSON it could hold no \\u0000.
 */
const WRITE_ROWS = plpgsql(
  'write_rows(this_model bigint, changes json) RETURNS void',
  `BEGIN
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
END`,
);

/** Takes one step of a read model, if its checkpoint is the expected one. Answers null, or else where it is, '' or 'replaced'. */
const TAKE_STEP = plpgsql(
  'take_step(this_model bigint, expected numeric, reached numeric, changes json) RETURNS text',
  `BEGIN
  UPDATE {schema}.read_models SET checkpoint = reached, steps = steps + 1
    WHERE model = this_model AND stage <> 'replaced' AND checkpoint IS NOT DISTINCT FROM expected;
  IF NOT FOUND THEN
    RETURN coalesce(
      (SELECT coalesce(checkpoint::text, '') FROM {schema}.read_models WHERE model = this_model AND stage <> 'replaced'),
      'replaced'
    );
  END IF;
  PERFORM {schema}.write_rows(this_model, changes);${TELL_LISTENERS}
  RETURN NULL;
END`,
);

/** The functions that write rows of read models. */
export const ROW_FUNCTIONS: readonly string[] = [WRITE_ROWS, TAKE_STEP];
