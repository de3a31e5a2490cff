/**
 * The functions that write, in PL/pgSQL. Each has the number of the schema version that brought it in its name: a program calls those it
 * knows, also while a newer one runs beside it. `{…}` stands for what depends on the schema's name.
 */

/** Refuses a transaction whose statements don't look anew: after the lock it would see what was there before. */
const DEMAND_READ_COMMITTED = `
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'an append needs a transaction at READ COMMITTED' USING ERRCODE = 'LP002';
  END IF;`;

/**
 * How long what a writer remembers may hold: till an append is given up for lost, which may be the one that is on its way, a rebuild
 * puts other rows in the place of those that are remembered, or the server was started anew or is another one. A sequence is no
 * part of a transaction: in a writer's turn it is what it was when the last turn ended. Null for a role that may not know.
 */
const ERA =
  "pg_sequence_last_value('{schema}.revocations') || ' ' || (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint";

const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** Tells who listens that there is more, at the commit. Listeners hold the lock shared; without any, nothing is sent. */
const TELL_LISTENERS = `
  IF NOT pg_try_advisory_xact_lock({listen_lock}) THEN
    PERFORM pg_notify({channel}, '');
  END IF;`;

/** The last event, in a query of its own. */
export const HEAD = '(SELECT position, id, kept FROM {schema}.events ORDER BY position DESC LIMIT 1)';

/** The last event, as `positionIn` takes it. */
export const HEAD_PLACED = "head.position || ' ' || head.id";

/**
 * How far a read model is, as `positionIn` takes it: to the head, if the transaction that wrote it kept the rows, else to where it says
 * itself.
 */
export const CHECKPOINT: string = `CASE WHEN m.model = ANY (head.kept) THEN ${HEAD_PLACED} ELSE m.checkpoint::text END`;

/** The same as a place in the log. A position that is kept as a number has 40 bits of its event's id behind that. */
const CHECKPOINT_PLACE =
  'coalesce(CASE WHEN m.model = ANY (head.kept) THEN head.position ELSE div(m.checkpoint, 1099511627776) END, 0)';

/** A function of the schema. What the role has in its path can't take the place of what is meant in it. */
function plpgsql(signature: string, body: string): string {
  return `CREATE FUNCTION {schema}.${signature} LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $function$\n${body.trim()}\n$function$;`;
}

/**
 * Takes the turn of a writer, which ends with its transaction, and answers with all that has to be known there. The lock is had
 * before any position is given out, so that positions become visible in their order (ADR 0011); each statement of a volatile function looks
 * anew at READ COMMITTED, and only there. Read models that are near the head are locked, so that no projector moves them
 * meanwhile. In a caller's transaction `lock_ms` is how long to wait for other writers: a time-out of its own is left as it is, and
 * one of the store's does not last.
 */
const LOOK = plpgsql(
  'look_v6(lock_ms text, asked json) RETURNS json',
  `DECLARE
  before text := current_setting('lock_timeout');
  head record;
BEGIN ${DEMAND_READ_COMMITTED}
  IF lock_ms IS NOT NULL AND before = '0' THEN
    PERFORM set_config('lock_timeout', lock_ms, true);
  END IF;
  PERFORM pg_advisory_xact_lock({append_lock});
  SELECT * INTO head FROM ${HEAD} AS last;
  IF json_array_length(asked->'models') > 0 THEN
    PERFORM FROM {schema}.read_models AS m
      WHERE m.stage = 'live' AND m.name IN (SELECT x.name FROM json_to_recordset(asked->'models') AS x(name text))
      AND (m.model = ANY (head.kept)) IS NOT TRUE
      AND coalesce(head.position, 0) - ${CHECKPOINT_PLACE} <= (asked->>'near')::bigint
      ORDER BY m.model FOR UPDATE;
  END IF;
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', before, true);
  END IF;
  IF ${ERA} IS NULL THEN
    RAISE EXCEPTION 'this role may not write' USING ERRCODE = '42501';
  END IF;
  RETURN json_build_object(
    'era', ${ERA}, 'head', coalesce(head.position, 0)::text, 'headId', head.id,
    'kept', array_to_json(coalesce(head.kept, '{}')::text[]),
    'ends', (SELECT json_agg((
        SELECT json_build_array(e.revision::text, e.recorded_at, e.id) FROM {schema}.events AS e
        WHERE e.stream = wanted.stream ORDER BY e.revision DESC LIMIT 1
      ) ORDER BY n) FROM json_array_elements_text(asked->'streams') WITH ORDINALITY AS wanted(stream, n)),
    'receipts', (SELECT json_agg(json_build_array(kept.stream, kept.key)) FROM {schema}.receipts AS kept
      JOIN json_to_recordset(asked->'receipts') AS wanted(stream text, key text) USING (stream, key)),
    'models', (SELECT json_agg(json_build_object(
        'name', m.name, 'model', m.model::text, 'checkpoint', ${CHECKPOINT_PLACE}::text,
        'rows', (SELECT json_agg(json_build_array(encode(found.key, 'hex'), found.content::text))
          FROM {schema}.read_model_rows AS found WHERE found.model = m.model
          AND sha256(found.key) IN (SELECT sha256(decode(k.hex, 'hex')) FROM json_array_elements_text(wanted.keys) AS k(hex)))))
      FROM json_to_recordset(asked->'models') AS wanted(name text, keys json)
      JOIN {schema}.read_models AS m ON m.name = wanted.name AND m.stage = 'live'));
END`,
);

/**
 * Replaces rows and their entries in the indexes: an array of {model, key, content or null, entries}, bytes in hexadecimal;
 * entries are null where they stay as they are, and a model may be said once for all. What is kept as JSON comes as text: taken apart as JSON it could hold no \\u0000.
 */
const WRITE_ROWS = plpgsql(
  'write_rows_v5(changes json, this_model bigint) RETURNS void',
  `BEGIN
  WITH given AS MATERIALIZED (
    SELECT coalesce(x.model, this_model) AS model, decode(x.key, 'hex') AS key, x.content::json AS content, x.entries IS NULL AS is_indexed_as_before,
      ARRAY(SELECT decode(k.hex, 'hex') FROM json_array_elements_text(x.entries) AS k(hex)) AS entries
    FROM json_to_recordset(changes) AS x(model bigint, key text, content text, entries json)
  ), removed AS (
    DELETE FROM {schema}.read_model_rows AS kept USING given
      WHERE given.content IS NULL AND kept.model = given.model AND sha256(kept.key) = sha256(given.key)
  ), written AS (
    INSERT INTO {schema}.read_model_rows SELECT model, key, content FROM given WHERE content IS NOT NULL
      ON CONFLICT (model, sha256(key)) DO UPDATE SET content = excluded.content
  ), left_out AS (
    DELETE FROM {schema}.read_model_entries AS kept USING given
      WHERE NOT given.is_indexed_as_before AND kept.model = given.model AND sha256(kept.key) = sha256(given.key)
        AND kept.entry <> ALL (given.entries)
  )
  INSERT INTO {schema}.read_model_entries SELECT model, entry, key FROM given, unnest(given.entries) AS entry
    ON CONFLICT DO NOTHING;
END`,
);

/**
 * Writes appends that were made ready before, with the rows they make, if everything is where it was then; else answers why not, and
 * has written nothing. It never waits for other writers: who waits finds that others wrote. While the log ends with the known head,
 * all before it is as it was known, too. \`rows\` are found by the same entries as before. \`more\` has receipts, rows with their
 * entries, rows that must not be there, and the read models that the head kept and this does not.
 */
const APPEND = plpgsql(
  `append_v6(known_era text, not_after bigint, known_head text, models bigint[], events json, rows json, more json) RETURNS text`,
  `DECLARE
  done bigint;
BEGIN ${DEMAND_READ_COMMITTED}
  IF NOT pg_try_advisory_xact_lock({append_lock}) THEN
    RETURN 'others write';
  END IF;
  IF ${ERA} IS DISTINCT FROM known_era THEN
    RETURN 'given up for lost, or another server';
  END IF;
  IF ${NOW} > not_after THEN
    RETURN 'too late for the time it would be recorded at';
  END IF;
  IF events IS NOT NULL THEN
    INSERT INTO {schema}.events
      SELECT position, stream, revision, id, x.type, x.version, x.at, x.data::json, x.metadata::json, x.whole,
        append_place, append_count, models
      FROM json_to_recordset(events) AS x(position bigint, stream text, revision bigint, id text, type text, version integer,
        at bigint, data text, metadata text, whole text, append_place integer, append_count integer)
      WHERE known_head = coalesce((SELECT ${HEAD_PLACED} FROM ${HEAD} AS head), '')
      ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done = 0 THEN
      RETURN 'others wrote';
    ELSIF done < json_array_length(events) THEN
      RAISE EXCEPTION 'others wrote' USING ERRCODE = 'LP003';
    END IF;
  END IF;
  IF more IS NOT NULL THEN
    INSERT INTO {schema}.receipts
      SELECT * FROM json_to_recordset(more->'receipts') AS x(stream text, key text, fingerprint text, revision bigint)
      ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done < json_array_length(more->'receipts') OR EXISTS (
      SELECT FROM json_to_recordset(more->'absent') AS x(model bigint, key text) JOIN {schema}.read_model_rows AS there
        ON there.model = x.model AND sha256(there.key) = sha256(decode(x.key, 'hex'))
    ) THEN
      RAISE EXCEPTION 'others wrote' USING ERRCODE = 'LP003';
    END IF;
    UPDATE {schema}.read_models AS m SET checkpoint = x.at, steps = steps + 1
      FROM json_to_recordset(more->'dropped') AS x(model bigint, at numeric) WHERE m.model = x.model;
    IF more->'indexed' IS NOT NULL THEN
      PERFORM {schema}.write_rows_v5(more->'indexed', NULL);
    END IF;
  END IF;
  IF rows IS NOT NULL THEN
    INSERT INTO {schema}.read_model_rows
      SELECT x.model, decode(x.key, 'hex'), x.content::json FROM json_to_recordset(rows) AS x(model bigint, key text, content text)
      ON CONFLICT (model, sha256(key)) DO UPDATE SET content = excluded.content;
  END IF;${TELL_LISTENERS}
  RETURN 'written ' || ${NOW};
END`,
);

/**
 * Takes one step of a read model, if its checkpoint is the expected one. Answers null, or else where it is, '' or 'replaced'. Rows
 * that appends keep have no step to take. The lock comes first: an append that is about to keep the rows waits for it or is waited for.
 */
const TAKE_STEP = plpgsql(
  'take_step_v5(this_model bigint, expected numeric, reached numeric, changes json) RETURNS text',
  `DECLARE
  now_at record;
BEGIN
  PERFORM FROM {schema}.read_models WHERE model = this_model AND stage <> 'replaced' FOR UPDATE;
  SELECT ${CHECKPOINT} AS placed, m.checkpoint, (m.model = ANY (head.kept)) IS TRUE AS is_kept INTO now_at
    FROM {schema}.read_models AS m LEFT JOIN ${HEAD} AS head ON true WHERE m.model = this_model AND m.stage <> 'replaced';
  IF NOT FOUND THEN
    RETURN 'replaced';
  END IF;
  IF now_at.is_kept OR now_at.checkpoint IS DISTINCT FROM expected THEN
    RETURN coalesce(now_at.placed, '');
  END IF;
  UPDATE {schema}.read_models SET checkpoint = reached, steps = steps + 1 WHERE model = this_model;
  PERFORM {schema}.write_rows_v5(changes, this_model);${TELL_LISTENERS}
  RETURN NULL;
END`,
);

/** What earlier schema versions had instead, by the version that took it away. */
export const DROPPED: Readonly<Record<5 | 6, string>> = {
  5: dropped(`take_turn tell_listeners current_era append_known append_event append_events write_rows take_step writers_view
    write_reckoned write_reckoned_event look_v4 append_v4 take_step_v4 write_rows_v4`),
  6: dropped('look_v5 append_v5'),
};

function dropped(names: string): string {
  return names
    .split(/\s+/)
    .map((name) => `DROP FUNCTION IF EXISTS {schema}.${name};`)
    .join('\n');
}

/** The functions of schema version 5, but for those that version 6 has anew. */
export const FUNCTIONS_OF_VERSION_5: string = [WRITE_ROWS, TAKE_STEP].join('\n');

/** The functions of schema version 6. */
export const FUNCTIONS_OF_VERSION_6: string = [LOOK, APPEND].join('\n');
