import { HEAD, HEAD_TEXT } from './checkpoints.js';
import { plpgsql } from './plpgsql.js';
import { CHECK_SESSION, EPOCH, NOW, refuseOmission } from './writing-session.js';
import { ROWS, WRITE_ROWS } from './write-rows.js';

/** The number of parameters of `append`. */
export const APPEND_PARAMETERS = 22;

/**
 * The events in the parameters, as a subquery with one row per event. A parameter that is NULL is a column of NULLs.
 */
const GIVEN_EVENTS = `(SELECT generate_series(1, cardinality(event_ids)) AS number, unnest(streams) AS stream,
        unnest(revisions) AS revision, unnest(event_ids) AS id, unnest(event_types) AS type, unnest(times) AS recorded_at,
        unnest(string_to_array(data_lines, chr(10))) AS data, unnest(string_to_array(metadata_lines, chr(10))) AS metadata,
        unnest(append_places) AS append_place, unnest(append_sizes) AS append_size,
        unnest(schema_versions) AS schema_version, unnest(long_stream_names) AS long_stream_name) AS event`;

/**
 * Writes appends together with the rows of their inline read models, exactly as a program has planned them. Writes all
 * or nothing.
 *
 * The plan is valid if nobody has written since the program looked up its basis: the log still ends with the same
 * event, the cache epoch ({@link EPOCH}) is the same, and each inline read model still has that event as its
 * checkpoint. The function does not wait for another writer, because that writer makes the plan invalid.
 *
 * Events, rows and index entries are passed column by column. Several JSON values are passed as the lines of one text,
 * because JSON needs no line breaks. No array has NULL elements: a server with `array_nulls = off` reads them as text.
 *
 * What the plan is based on:
 * - `expected_epoch`: the cache epoch;
 * - `latest_time`: the latest time to write, in milliseconds by the server's clock; NULL for no limit;
 * - `expected_head`: the last event of the log: its number in the log, a space and its id; `0 ` for an empty log.
 *
 * The events, each with
 * - `streams`: the name of its stream, shortened if it is too long for an index;
 * - `revisions`, `event_ids`, `event_types`, `times`, `data_lines`, `metadata_lines`;
 * - `append_places`: its number in its append, from 1; `append_sizes`: the number of events in that append. Both are 0
 *   for an event that is appended alone;
 * - `schema_versions`: the schema version of the event;
 * - `long_stream_names`: the whole name of its stream, if that is shortened; otherwise empty.
 *
 * The last four are NULL if each event is appended alone, has schema version 1 and a short stream name.
 *
 * What is written with the events:
 * - `inline_models`: the numbers of the inline read models, whose checkpoint becomes the new last event;
 * - `row_models`: the read model of each row; then the rows, as {@link ROWS} describes;
 * - `receipts`: the receipts of commands with an idempotency key, as a JSON array; NULL for none.
 *
 * Returns `written` and the server's time in milliseconds. If the plan is not valid, returns the reason as text, or
 * fails with `unique_violation`.
 *
 * In the body, `head_place` is the number of the last event, to which the numbers of the new events are added.
 */
export const APPEND: string = plpgsql(
  `append(expected_epoch text, latest_time bigint, expected_head text, inline_models bigint[], streams text[],
  revisions bigint[], event_ids text[], event_types text[], times bigint[], data_lines text, metadata_lines text,
  append_places integer[], append_sizes integer[], schema_versions integer[], long_stream_names text[],
  row_models bigint[], ${ROWS}, receipts json) RETURNS text`,
  `DECLARE
  head_place bigint := split_part(expected_head, ' ', 1)::bigint;
  new_head text;
  changed bigint;
BEGIN ${CHECK_SESSION}
  IF NOT pg_try_advisory_xact_lock({append_lock}) THEN
    RETURN 'another writer holds the lock';
  END IF;
  IF ${EPOCH} IS DISTINCT FROM expected_epoch THEN
    RETURN 'the cache epoch has changed';
  END IF;
  IF ${NOW} > latest_time THEN
    RETURN 'the latest time has passed';
  END IF;
  IF event_ids IS NOT NULL THEN
    INSERT INTO {schema}.events (position, stream, revision, id, type, schema_version, recorded_at, data, metadata,
        whole_stream, append_place, append_count)
      SELECT head_place + event.number, event.stream, event.revision, event.id, event.type, coalesce(event.schema_version, 1),
        event.recorded_at, event.data::json, event.metadata::json, nullif(event.long_stream_name, ''),
        nullif(event.append_place, 0), nullif(event.append_size, 0)
      FROM ${GIVEN_EVENTS}
      WHERE expected_head = coalesce((SELECT ${HEAD_TEXT} FROM ${HEAD} AS head), '0 ');
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed = 0 AND expected_head <> coalesce((SELECT ${HEAD_TEXT} FROM ${HEAD} AS head), '0 ') THEN
      RETURN 'the log does not end with the expected event';
    END IF;
    ${refuseOmission('cardinality(event_ids)')}
    -- Update the read models before their rows, as steps do: an append and a step then lock in the same order and cannot
    -- deadlock.
    new_head := head_place + changed || ' ' || event_ids[changed];
    UPDATE {schema}.read_models AS m SET checkpoint = new_head WHERE m.model = ANY (inline_models)
      AND (m.checkpoint = expected_head OR (expected_head = '0 ' AND coalesce(m.checkpoint, '0') = '0'));
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed < cardinality(inline_models) THEN
      RAISE EXCEPTION 'a read model has another checkpoint' USING ERRCODE = 'unique_violation';
    END IF;
  END IF;${WRITE_ROWS}
  IF receipts IS NOT NULL THEN
    INSERT INTO {schema}.receipts (stream, key, fingerprint, revision)
      SELECT * FROM json_to_recordset(receipts) AS x(stream text, key text, fingerprint text, revision bigint);
    GET DIAGNOSTICS changed = ROW_COUNT;
    ${refuseOmission('json_array_length(receipts)')}
  END IF;
  RETURN 'written ' || ${NOW};
END`,
);
