import { CHECKPOINT, digestOf, HEAD, HEAD_PLACED, mark, marked, MARKER, MARKERS, PLACED } from './checkpoints.js';
import { KEEP_COUNT } from './counts.js';
import { APPEND_SIGNATURE, LOOK_SIGNATURE } from './function-signatures.js';
import { plpgsql } from './plpgsql.js';
import { ROWS, underKey, WRITE_ROWS } from './write-rows.js';

/**
 * The PL/pgSQL functions that write. The name of each ends with the schema version that introduced it: a program calls
 * the versions it knows, even while a newer program runs. `{…}` is replaced depending on the schema's name.
 */

/**
 * Refuses connections that must not write:
 * - a server that is not a primary, because a standby would return outdated data;
 * - a transaction above READ COMMITTED, whose statements would not see what was committed before the lock was acquired;
 * - a `client_encoding` other than UTF8, because the driver always sends UTF-8.
 */
const CHECK_SESSION = `
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION 'a standby, or a session that may only read' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('client_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'what writes needs a transaction at READ COMMITTED, and client_encoding UTF8' USING ERRCODE = 'LP002';
  END IF;`;

/**
 * The cache epoch of writers. It changes
 * - when the outcome of an append is unknown, because it may still be in flight and commit later;
 * - when a rebuild replaces cached rows;
 * - when the server is restarted or replaced.
 * The sequence is called `revocations`, because each number drawn from it revokes the plans made with the epoch before.
 * A sequence is not subject to MVCC: a holder of the writers' lock sees every change made under the lock before. NULL if
 * the sequence was never used (logical replication does not copy sequences), or this role lacks the privilege.
 */
const EPOCH =
  "pg_sequence_last_value('{schema}.revocations') || ' ' || (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint";

const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** Notifies listeners at the commit. Listeners hold the lock in shared mode; without any, nothing is sent. */
const TELL_LISTENERS = `
  IF NOT pg_try_advisory_xact_lock({listen_lock}) THEN
    PERFORM pg_notify({channel}, '');
  END IF;`;

/**
 * Acquires the writers' lock until the end of the transaction, and returns everything a plan needs. The lock is
 * acquired before positions are assigned, so that positions become visible in order (ADR 0011). Each statement of a
 * volatile function sees the latest commits, but only at READ COMMITTED. `lock_ms` applies only if no `lock_timeout` is
 * set, and only while the lock is acquired. Look-ups that are not requested are skipped, because a new connection has to
 * plan each statement.
 *
 * Read models whose rows belong to another history are not returned: rows without a marker, with the marker of an event
 * that is not in this log, or, on an empty log, with any marker but '0'. A live read model without rows is returned.
 * (A marker is the row that stores a read model's checkpoint. `placed`, its {@link CHECKPOINT}, is NULL without a marker
 * and, unless the log is empty, with the marker of an event that is not in this log.)
 */
const LOOK = plpgsql(
  `look_v10${LOOK_SIGNATURE}`,
  `DECLARE
  before text := current_setting('lock_timeout');
  head record;
BEGIN ${CHECK_SESSION}
  IF lock_ms IS NOT NULL AND before = '0' THEN
    PERFORM set_config('lock_timeout', lock_ms, true);
  END IF;
  PERFORM pg_advisory_xact_lock({append_lock});
  IF lock_ms IS NOT NULL THEN
    PERFORM set_config('lock_timeout', before, true);
  END IF;
  IF ${EPOCH} IS NULL THEN
    -- Not counted yet, as after a copy by logical replication; or this role may not.
    PERFORM nextval('{schema}.revocations');
  END IF;
  SELECT * INTO head FROM ${HEAD} AS last;
  RETURN QUERY SELECT 'head', ${EPOCH}, coalesce(head.position, 0)::text, head.id, array_to_string(head.kept, ' ');
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
 * Writes planned appends with their rows, if the log is still as it was when they were planned. Otherwise returns the
 * reason, or fails with unique_violation, and writes nothing. It never waits for other writers, because they would
 * invalidate the plan anyway. If the log still ends with the known head, everything before it is unchanged, too.
 *
 * The marker of each inline read model must be at the known head. On an empty log a read model may have no marker yet. If
 * one has the marker of an event anyway (rows restored without their events), the append is refused with
 * unique_violation.
 *
 * `whole_stream`, from `wholes`, is the whole name of a stream whose name in `stream` is shortened; otherwise NULL.
 */
const APPEND = plpgsql(
  `append_v10${APPEND_SIGNATURE}`,
  `DECLARE
  done bigint;
  marked bigint;
  last text;
BEGIN ${CHECK_SESSION}
  IF NOT pg_try_advisory_xact_lock({append_lock}) THEN
    RETURN 'others write';
  END IF;
  IF ${EPOCH} IS DISTINCT FROM known_era THEN
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
 * Takes one step of a read model, if its checkpoint is the expected one and the log has the events the step is based
 * on. A rebuild writes many batches (`slices`) at one checkpoint, so the checkpoint can't show that a failover lost some;
 * their number can. Returns NULL if the step was taken; otherwise the read model's checkpoint ('' for none), or
 * 'replaced', 'unknown' or 'slices lost'. A read model that appends maintain inline (at the head) is not stepped; its
 * checkpoint is returned. The row lock is acquired first, so that a concurrent append on these rows
 * waits for this step or this step for it. The first step replaces live rows without a valid checkpoint.
 */
const TAKE_STEP = plpgsql(
  `take_step_v10(this_model bigint, expected numeric, reached numeric, ${ROWS}, stands_on numeric[], slices bigint) RETURNS text`,
  `DECLARE
  this record;
  now_at record;
  row_models bigint[];
BEGIN ${CHECK_SESSION}
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

/**
 * Stores the number of rows under an index entry. The first reader that counts many rows stores it; later writers keep
 * it up to date.
 */
const COUNT = plpgsql(
  'keep_count_v12(this_model bigint, this_entry bytea, before bigint) RETURNS boolean',
  `DECLARE
  counts record;
BEGIN ${CHECK_SESSION}${KEEP_COUNT}
END`,
);

/** For programs of version 9: they call the functions of version 10, which also maintain what was added since. */
const OF_9 = [
  plpgsql(
    `look_v9${LOOK_SIGNATURE}`,
    'BEGIN RETURN QUERY SELECT * FROM {schema}.look_v10($1, $2, $3, $4, $5, $6, $7); END',
  ),
  plpgsql(`append_v9${APPEND_SIGNATURE}`, `BEGIN RETURN {schema}.append_v10(${parameters(23)}); END`),
  plpgsql(
    `take_step_v9(this_model bigint, expected numeric, reached numeric, ${ROWS}) RETURNS text`,
    `BEGIN RETURN {schema}.take_step_v10(${parameters(8)}, NULL, NULL); END`,
  ),
];

function parameters(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ');
}

/** The functions of schema version 12, and those of 9 and 10, which also maintain what was added since. */
export const FUNCTIONS: string = [PLACED, LOOK, APPEND, TAKE_STEP, COUNT, ...OF_9].join('\n');
