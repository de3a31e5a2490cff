/**
 * The functions that write, in PL/pgSQL. Each has the number of the schema version that brought it in its name: a program calls those it
 * knows, also while a newer one runs beside it. `{…}` stands for what depends on the schema's name.
 */

/**
 * Refuses a transaction whose statements don't look anew: after the lock it would see what was there before. And a connection that was
 * told to take text for what it is not: the driver sends UTF-8, whatever was set.
 */
const DEMAND_FITTING = `
  IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('client_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'what writes needs a transaction at READ COMMITTED, and client_encoding UTF8' USING ERRCODE = 'LP002';
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

/**
 * A function of the schema. What the role has in its path can't take the place of what is meant in it. A plan is made once for a
 * connection, when a table may hold next to nothing, and stays while it grows: so single rows of many are found by their indexes.
 */
function plpgsql(signature: string, body: string): string {
  return `CREATE FUNCTION {schema}.${signature} LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$\n${body.trim()}\n$function$;`;
}

/** The rows of a table that are stored under a key, each found by itself: `OFFSET 0` keeps them from being joined otherwise. */
function underKey(table: string, { of, columns, where = '' }: { of: string; columns: string; where?: string }): string {
  return `LATERAL (SELECT ${columns} FROM {schema}.${table} AS kept
    WHERE kept.model = ${of}.model AND sha256(kept.key) = sha256(${of}.key) ${where} OFFSET 0) AS found`;
}

/**
 * Takes the turn of a writer, which ends with its transaction, and answers with all that has to be known there, in rows that say of what
 * they are. The lock is had before any position is given out, so that positions become visible in their order (ADR 0011); each statement
 * of a volatile function looks anew at READ COMMITTED, and only there. In a caller's transaction `lock_ms` is how long to wait for other
 * writers: a time-out of its own is left as it is, and one of the store's does not last. What is not asked for is not looked for either:
 * a connection that is new makes a plan for each statement.
 */
const LOOK = plpgsql(
  `look_v9(lock_ms text, streams text[], receipt_streams text[], receipt_keys text[],
  models text[], row_models text[], row_keys bytea[]) RETURNS TABLE (what text, name text, a text, b text, c text)`,
  `DECLARE
  before text := current_setting('lock_timeout');
  head record;
BEGIN ${DEMAND_FITTING}
  IF lock_ms IS NOT NULL AND before = '0' THEN
    PERFORM set_config('lock_timeout', lock_ms, true);
  END IF;
  PERFORM pg_advisory_xact_lock({append_lock});
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', before, true);
  END IF;
  IF ${ERA} IS NULL THEN
    RAISE EXCEPTION 'this role may not write' USING ERRCODE = '42501';
  END IF;
  SELECT * INTO head FROM ${HEAD} AS last;
  RETURN QUERY SELECT 'head', ${ERA}, coalesce(head.position, 0)::text, head.id, array_to_string(head.kept, ' ');
  RETURN QUERY SELECT 'end', wanted.stream, found.revision::text, found.recorded_at::text, found.id
    FROM unnest(streams) AS wanted(stream), LATERAL (
      SELECT e.revision, e.recorded_at, e.id FROM {schema}.events AS e WHERE e.stream = wanted.stream
      ORDER BY e.revision DESC LIMIT 1) AS found;
  IF receipt_keys IS NOT NULL THEN
    RETURN QUERY SELECT 'receipt', wanted.stream, wanted.key, NULL::text, NULL::text
      FROM unnest(receipt_streams, receipt_keys) AS wanted(stream, key), LATERAL (
        SELECT FROM {schema}.receipts AS kept WHERE kept.stream = wanted.stream AND kept.key = wanted.key OFFSET 0) AS found;
  END IF;
  IF models IS NOT NULL THEN
    RETURN QUERY SELECT 'model', m.name, m.model::text, ${CHECKPOINT}, NULL::text
      FROM {schema}.read_models AS m WHERE m.name = ANY (models) AND m.stage = 'live';
  END IF;
  IF row_keys IS NOT NULL THEN
    RETURN QUERY SELECT 'row', given.name, encode(given.key, 'hex'), found.content::text, NULL::text
      FROM (SELECT wanted.name, m.model, wanted.key FROM unnest(row_models, row_keys) AS wanted(name, key)
        JOIN {schema}.read_models AS m ON m.name = wanted.name AND m.stage = 'live') AS given,
      ${underKey('read_model_rows', { of: 'given', columns: 'kept.content' })};
  END IF;
END`,
);

/** Of an entry: it is among those that leave, or not among those that enter. */
const LEFT_OUT = 'AND (position(kept.entry IN given.entries) > 0) = (leaving IS NOT NULL)';

/** How a function takes {@link WRITE_ROWS}. */
const ROWS = 'gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[]';

/**
 * Replaces rows and the entries by which they are found. The first `gone` rows go; of the others content is JSON, a line a row. Of the
 * first rows `entering` has the digests that they are found by from now on, too, one behind another, and `leaving` those that they are not
 * found by any more; NULL: all but those that enter. The rest are found as before.
 */
const WRITE_ROWS = `
  IF row_keys IS NOT NULL THEN
    IF gone > 0 THEN
      DELETE FROM {schema}.read_model_rows WHERE ctid = ANY (ARRAY(
        SELECT found.ctid FROM unnest(row_models[:gone], row_keys[:gone]) AS given(model, key),
          ${underKey('read_model_rows', { of: 'given', columns: 'kept.ctid' })}));
    END IF;
    INSERT INTO {schema}.read_model_rows (model, key, content)
      SELECT * FROM unnest(row_models[gone + 1:], row_keys[gone + 1:], string_to_array(contents, chr(10))::json[])
      ON CONFLICT (model, sha256(key)) DO UPDATE SET content = excluded.content;
    IF entering IS NOT NULL THEN
      IF leaving IS NULL OR '' <> ANY (leaving) THEN
        DELETE FROM {schema}.read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM ${givenEntries('coalesce(leaving, entering)')},
            ${underKey('read_model_entries', { of: 'given', columns: 'kept.ctid', where: LEFT_OUT })}));
      END IF;
      INSERT INTO {schema}.read_model_entries (model, entry, key)
        SELECT given.model, substring(given.entries FROM place FOR 32), given.key
        FROM ${givenEntries('entering')}, generate_series(1, length(given.entries), 32) AS place
        ON CONFLICT DO NOTHING;
    END IF;
  END IF;`;

function givenEntries(entries: string): string {
  const renewed = 'row_models[:cardinality(entering)], row_keys[:cardinality(entering)]';
  return `unnest(${renewed}, ${entries}) AS given(model, key, entries)`;
}

/**
 * Writes appends that were made ready before, with the rows they make, if everything is where it was then; else answers why not, or
 * finds that something is there already (unique_violation), and has written nothing. It never waits for other writers: who waits finds
 * that others wrote. While the log ends with the known head, all before it is as it was known, too. Events, rows and entries come column by
 * column; JSON comes as lines, since it has none of its own, and no array has NULL in it, which a setting of the role would make a word.
 * `dropped` are the read models that the head kept and this does not.
 */
const APPEND = plpgsql(
  `append_v9(known_era text, not_after bigint, known_head text, keeps bigint[], streams text[], revisions bigint[], ids text[],
  types text[], times bigint[], data text, metadata text, places integer[], counts integer[], versions integer[], wholes text[],
  row_models bigint[], ${ROWS}, receipts json, dropped json) RETURNS text`,
  `DECLARE
  done bigint;
BEGIN ${DEMAND_FITTING}
  IF NOT pg_try_advisory_xact_lock({append_lock}) THEN
    RETURN 'others write';
  END IF;
  IF ${ERA} IS DISTINCT FROM known_era THEN
    RETURN 'given up for lost, or another server';
  END IF;
  IF ${NOW} > not_after THEN
    RETURN 'too late for the time it would be recorded at';
  END IF;
  IF ids IS NOT NULL THEN
    INSERT INTO {schema}.events (position, stream, revision, id, type, schema_version, recorded_at, data, metadata, whole_stream,
        append_place, append_count, kept)
      SELECT split_part(known_head, ' ', 1)::bigint + x.n, x.stream, x.revision, x.id, x.type, coalesce(x.version, 1), x.at, x.data,
        x.metadata, nullif(x.whole, ''), nullif(x.place, 0), nullif(x.count, 0), keeps
      FROM unnest(streams, revisions, ids, types, times, string_to_array(data, chr(10))::json[],
        string_to_array(metadata, chr(10))::json[], places, counts, versions, wholes) WITH ORDINALITY
        AS x(stream, revision, id, type, at, data, metadata, place, count, version, whole, n)
      WHERE known_head = coalesce((SELECT ${HEAD_PLACED} FROM ${HEAD} AS head), '0 ');
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done = 0 THEN
      RETURN 'others wrote';
    END IF;
  END IF;${WRITE_ROWS}
  IF receipts IS NOT NULL THEN
    INSERT INTO {schema}.receipts (stream, key, fingerprint, revision)
      SELECT * FROM json_to_recordset(receipts) AS x(stream text, key text, fingerprint text, revision bigint);
  END IF;
  IF dropped IS NOT NULL THEN
    UPDATE {schema}.read_models AS m SET checkpoint = x.at, steps = steps + 1
      FROM json_to_recordset(dropped) AS x(model bigint, at numeric) WHERE m.model = x.model;
  END IF;${TELL_LISTENERS}
  RETURN 'written ' || ${NOW};
END`,
);

/**
 * Takes one step of a read model, if its checkpoint is the expected one. Answers null, or else where it is, '' or 'replaced'. Rows
 * that appends keep have no step to take. The lock comes first: an append that is about to keep the rows waits for it or is waited for.
 */
const TAKE_STEP = plpgsql(
  `take_step_v9(this_model bigint, expected numeric, reached numeric, ${ROWS}) RETURNS text`,
  `DECLARE
  now_at record;
  row_models bigint[] := array_fill(this_model, ARRAY[coalesce(cardinality(row_keys), 0)]);
BEGIN ${DEMAND_FITTING}
  PERFORM FROM {schema}.read_models WHERE model = this_model AND stage <> 'replaced' FOR UPDATE;
  SELECT ${CHECKPOINT} AS placed, m.checkpoint, (m.model = ANY (head.kept)) IS TRUE AS is_kept INTO now_at
    FROM {schema}.read_models AS m LEFT JOIN ${HEAD} AS head ON true WHERE m.model = this_model AND m.stage <> 'replaced';
  IF NOT FOUND THEN
    RETURN 'replaced';
  END IF;
  IF now_at.is_kept OR now_at.checkpoint IS DISTINCT FROM expected THEN
    RETURN coalesce(now_at.placed, '');
  END IF;
  UPDATE {schema}.read_models SET checkpoint = reached, steps = steps + 1 WHERE model = this_model;${WRITE_ROWS}${TELL_LISTENERS}
  RETURN NULL;
END`,
);

/** The functions of schema version 9. */
export const FUNCTIONS: string = [LOOK, APPEND, TAKE_STEP].join('\n');
