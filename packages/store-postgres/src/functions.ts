import { CHECKPOINT, digestOf, HEAD, HEAD_PLACED, mark, marked, MARKER, MARKERS, PLACED } from './checkpoints.js';
import { KEEP_COUNT } from './counts.js';
import { plpgsql } from './plpgsql.js';
import { ROWS, underKey, WRITE_ROWS } from './write-rows.js';

/**
 * The functions that write, in PL/pgSQL. Each has the number of the schema version that brought it in its name: a program calls those it
 * knows, also while a newer one runs beside it. `{…}` stands for what depends on the schema's name.
 */

/**
 * Refuses a server that is not a primary: on a standby a look would find what was there some time ago. And a transaction whose statements
 * don't look anew: after the lock it would see what was there before. And a connection that was told to take text for what it is not: the driver
 * sends UTF-8, whatever was set.
 */
const DEMAND_FITTING = `
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION 'a standby, or a session that may only read' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
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

/** How a writer looks: the same since version 9. */
const LOOKING = `(lock_ms text, streams text[], receipt_streams text[], receipt_keys text[],
  models text[], row_models text[], row_keys bytea[]) RETURNS TABLE (what text, name text, a text, b text, c text)`;

/** How a writer appends: the same since version 9. */
const APPENDING = `(known_era text, not_after bigint, known_head text, keeps bigint[], streams text[], revisions bigint[], ids text[],
  types text[], times bigint[], data text, metadata text, places integer[], counts integer[], versions integer[], wholes text[],
  row_models bigint[], ${ROWS}, receipts json, dropped json) RETURNS text`;

/**
 * Takes the turn of a writer, which ends with its transaction, and answers with all that has to be known there, in rows that say of what
 * they are. The lock is had before any position is given out, so that positions become visible in their order (ADR 0011); each statement
 * of a volatile function looks anew at READ COMMITTED, and only there. In a caller's transaction `lock_ms` is how long to wait for other
 * writers: a time-out of its own is left as it is, and one of the store's does not last. What is not asked for is not looked for either:
 * a connection that is new makes a plan for each statement.
 */
const LOOK = plpgsql(
  `look_v10${LOOKING}`,
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
    -- Not counted yet, as after a copy by logical replication; or this role may not.
    PERFORM nextval('{schema}.revocations');
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
    RETURN QUERY SELECT 'model', found.name, found.model::text, found.placed, NULL::text
      FROM (SELECT m.name, m.model, ${CHECKPOINT} AS placed
        FROM {schema}.read_models AS m LEFT JOIN ${MARKER} ON true WHERE m.name = ANY (models) AND m.stage = 'live') AS found
      WHERE CASE WHEN head.position IS NULL OR found.placed IS NULL
        THEN coalesce(found.placed, '0') = '0' AND (found.placed = '0' OR NOT EXISTS (
          SELECT FROM {schema}.read_model_rows AS r WHERE r.model = found.model)) ELSE true END;
  END IF;
  IF row_keys IS NOT NULL THEN
    RETURN QUERY SELECT 'row', given.name, encode(given.key, 'hex'), found.content::text, NULL::text
      FROM (SELECT wanted.name, m.model, wanted.key FROM unnest(row_models, row_keys) AS wanted(name, key)
        JOIN {schema}.read_models AS m ON m.name = wanted.name AND m.stage = 'live') AS given,
      ${underKey('read_model_rows', { of: 'given', columns: 'kept.content' })};
  END IF;
END`,
);

/**
 * Writes appends that were made ready before, with the rows they make, if everything is where it was then; else answers why not, or
 * finds that something is there already (unique_violation), and has written nothing. It never waits for other writers: who waits finds
 * that others wrote. While the log ends with the known head, all before it is as it was known, too. Events, rows and entries come column by
 * column; JSON comes as lines, since it has none of its own, and no array has NULL in it, which a setting of the role would make a word.
 * `dropped` are the read models that the head kept and this does not.
 */
const APPEND = plpgsql(
  `append_v10${APPENDING}`,
  `DECLARE
  done bigint;
  marked bigint;
  last text;
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
    last := split_part(known_head, ' ', 1)::bigint + done || ' ' || ids[done];
    DELETE FROM {schema}.read_model_rows AS kept WHERE kept.model = ANY (keeps) AND kept.digest = ${digestOf('known_head')};
    GET DIAGNOSTICS marked = ROW_COUNT;
    -- Some begin with the log. Where rows were put back by themselves it is refused, as if they were there (unique_violation).
    IF marked < cardinality(keeps) AND (known_head <> '0 ' OR EXISTS (
        SELECT FROM {schema}.read_model_rows AS r WHERE r.model = ANY (keeps) AND r.digest > ${MARKERS})) THEN
      RAISE EXCEPTION 'a read model is not where it was' USING ERRCODE = 'unique_violation';
    END IF;
    ${mark('(SELECT kept, last FROM unnest(keeps) AS kept)')};
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
 * Takes one step of a read model, if its checkpoint is the expected one, and the events it stands on are in this log. A slice of a rebuild names how
 * many came before it: all have the same checkpoint, and a server that takes over may have lost some. Answers null, or else where the read model is,
 * '' or 'replaced', 'unknown' or 'slices lost'. Rows that appends keep have no step to take. The lock comes first: an append that is about to keep
 * the rows waits for it or is waited for. Live rows without a valid checkpoint are replaced by the first step.
 */
const TAKE_STEP = plpgsql(
  `take_step_v10(this_model bigint, expected numeric, reached numeric, ${ROWS}, stands_on numeric[], slices bigint) RETURNS text`,
  `DECLARE
  this record;
  now_at record;
  row_models bigint[];
BEGIN ${DEMAND_FITTING}
  SELECT * INTO this FROM {schema}.read_models WHERE model = this_model AND stage <> 'replaced' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'replaced';
  END IF;
  IF this.steps <> slices THEN
    RETURN 'slices lost';
  END IF;
  IF EXISTS (SELECT FROM unnest(stands_on) AS stands(at) WHERE stands.at <> 0 AND {schema}.placed_v10(stands.at) IS NULL) THEN
    RETURN 'unknown';
  END IF;
  SELECT ${CHECKPOINT} AS placed, (m.model = ANY (head.kept) AND marker.placed = ${HEAD_PLACED}) IS TRUE AS is_kept INTO now_at
    FROM {schema}.read_models AS m LEFT JOIN ${MARKER} ON true LEFT JOIN ${HEAD} AS head ON true WHERE m.model = this_model;
  IF now_at.is_kept OR now_at.placed IS DISTINCT FROM ${marked('expected')} THEN
    RETURN coalesce(now_at.placed, '');
  END IF;
  IF expected IS NULL AND this.stage = 'live' AND EXISTS (SELECT FROM {schema}.read_model_rows AS r WHERE r.model = this_model) THEN
    UPDATE {schema}.read_models SET stage = 'replaced' WHERE model = this_model;
    INSERT INTO {schema}.read_models (name, stage) VALUES (this.name, 'live') RETURNING model INTO this_model;
    PERFORM nextval('{schema}.revocations');
  END IF;
  UPDATE {schema}.read_models SET checkpoint = reached, steps = steps + 1 WHERE model = this_model;
  DELETE FROM {schema}.read_model_rows AS kept WHERE kept.model = this_model AND kept.digest > ${MARKERS};
  IF NOT FOUND AND now_at.placed IS NOT NULL THEN
    RAISE EXCEPTION 'an append moved the read model meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  ${mark(`(SELECT this_model, ${marked('reached')})`)};
  row_models := array_fill(this_model, ARRAY[coalesce(cardinality(row_keys), 0)]);${WRITE_ROWS}${TELL_LISTENERS}
  RETURN NULL;
END`,
);

/** Keeps how many rows are under an entry: it is read by who counts them, and kept by what writes rows. */
const COUNT = plpgsql(
  'keep_count_v12(this_model bigint, this_entry bytea, before bigint) RETURNS boolean',
  `DECLARE
  counts record;
BEGIN ${DEMAND_FITTING}${KEEP_COUNT}
END`,
);

/** What programs of version 9 call: the functions of 10, so that they keep what is new of it. */
const OF_9 = [
  plpgsql(`look_v9${LOOKING}`, 'BEGIN RETURN QUERY SELECT * FROM {schema}.look_v10($1, $2, $3, $4, $5, $6, $7); END'),
  plpgsql(`append_v9${APPENDING}`, `BEGIN RETURN {schema}.append_v10(${parameters(23)}); END`),
  plpgsql(
    `take_step_v9(this_model bigint, expected numeric, reached numeric, ${ROWS}) RETURNS text`,
    `BEGIN RETURN {schema}.take_step_v10(${parameters(8)}, NULL, NULL); END`,
  ),
];

function parameters(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ');
}

/** The functions of schema version 12, and those of 9 and 10: what is new of it, these do, too. */
export const FUNCTIONS: string = [PLACED, LOOK, APPEND, TAKE_STEP, COUNT, ...OF_9].join('\n');
