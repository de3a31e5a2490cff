import { plpgsql } from './plpgsql.js';

/** The last event, as a subquery. */
export const HEAD = '(SELECT position, id, kept FROM {schema}.events ORDER BY position DESC LIMIT 1)';

/** The last event, in the format of `positionIn`. */
export const HEAD_PLACED = "head.position || ' ' || head.id";

/** Not the key of any row, because keys are UTF-8. */
const MARKER_KEY = "decode('ff', 'hex')";
/** Greater than every key's digest, which has 32 bytes. */
export const MARKERS = "decode(repeat('ff', 32), 'hex')";

/**
 * The marker of the read model `m`: each read model stores its checkpoint in one marker row among its rows, so that rows
 * which are copied, emptied or restored on their own bring their own checkpoint or have none. The checkpoint is `place
 * id` as in {@link HEAD_PLACED}, `0` before the first event, or the number of a position without an event. Each append
 * writes another marker under a larger digest, so that the last one is found quickly even during a long transaction.
 */
export const MARKER: string = `LATERAL (SELECT btrim(kept.content::text, '"') AS placed FROM {schema}.read_model_rows AS kept
    WHERE kept.model = m.model AND kept.digest > ${MARKERS} ORDER BY kept.digest DESC LIMIT 1) AS marker`;

/** The digest that a checkpoint is stored under. */
export const digestOf = (placed: string): string => `(${MARKERS} || CASE WHEN ${placed} LIKE '% _%'
    THEN int8send(split_part(${placed}, ' ', 1)::bigint) || convert_to(split_part(${placed}, ' ', 2), 'UTF8') ELSE decode('00', 'hex') END)`;

/** Stores checkpoints among the rows of the read models that a query returns as `model` and `placed`. */
export const mark = (models: string): string => `INSERT INTO {schema}.read_model_rows (model, key, digest, content)
    SELECT given.model, ${MARKER_KEY}, ${digestOf('given.placed')}, to_json(given.placed) FROM ${models} AS given(model, placed)`;

/**
 * A read model's checkpoint in the format of `positionIn`, where {@link MARKER} and `head` are joined. A checkpoint
 * that is not an event of this log belongs to another history and does not count: such rows are never fresh and never
 * updated.
 */
export const CHECKPOINT: string = `CASE WHEN marker.placed IN (${HEAD_PLACED}, '0') OR head.position IS NULL OR EXISTS (
    SELECT FROM {schema}.events AS known WHERE known.id = split_part(marker.placed, ' ', 2)
      AND known.position = CASE WHEN marker.placed LIKE '% %' THEN split_part(marker.placed, ' ', 1)::bigint END)
  THEN marker.placed END`;

/**
 * The event at a position, as in {@link HEAD_PLACED}; NULL if there is none. A position contains the last 40 bits of
 * the event's id.
 */
export const PLACED: string = plpgsql(
  'placed_v10(at numeric) RETURNS text',
  `BEGIN
  IF at IS NULL OR at >= 9223372036854775808 * 1099511627776 THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT e.position || ' ' || e.id FROM {schema}.events AS e
    WHERE e.position = div(at, 1099511627776)::bigint AND mod(at, 1099511627776) = (
      SELECT sum(greatest(strpos('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(e.id, length(e.id) - 7 + n, 1)) - 1, 0)::bigint << 35 - 5 * n)
      FROM generate_series(0, 7) AS n));
END`,
);

/** The {@link MARKER} of a position. */
export const marked = (at: string): string =>
  `(CASE ${at} WHEN 0 THEN '0' ELSE coalesce({schema}.placed_v10(${at}), ${at}::text) END)`;

/** Stores the checkpoints of version 9 among the rows. */
export const MARK_ALL: string = `
${mark(`(SELECT m.model, CASE WHEN m.model = ANY (head.kept) THEN ${HEAD_PLACED} ELSE ${marked('m.checkpoint')} END
    FROM {schema}.read_models AS m LEFT JOIN ${HEAD} AS head ON true WHERE m.stage <> 'replaced')`)}
  WHERE given.placed IS NOT NULL;`;
