import { plpgsql } from './plpgsql.js';

/**
 * The last event of the log, as a subquery. The column `position` is its number: events are numbered from 1 in the
 * order of the log. The column `kept` (an older word for inline) lists the inline read models that the event's append
 * has updated.
 */
export const HEAD = '(SELECT position, id, kept AS inline_models FROM {schema}.events ORDER BY position DESC LIMIT 1)';

/** The last event as text: its number, a space and its id. `positionIn` parses it. */
export const HEAD_TEXT = "head.position || ' ' || head.id";

/** The key of a checkpoint row. No other row has it, because it is not UTF-8. */
const CHECKPOINT_KEY = "decode('ff', 'hex')";
/**
 * A value that is greater than the SHA-256 digest of every key, which is also 32 bytes long. What is stored under
 * digests that begin with it comes after all rows.
 */
export const ABOVE_ALL_DIGESTS = "decode(repeat('ff', 32), 'hex')";

/**
 * The checkpoint row of the read model `m`, as a subquery. The checkpoint of a read model is stored as a row among its
 * rows. So even if the table of rows is copied, emptied or restored alone, a read model never has the checkpoint of
 * other rows.
 *
 * A checkpoint is one of
 * - an event, as in {@link HEAD_TEXT};
 * - `0`: before the first event;
 * - a {@link FIND_EVENT_AT position} as a number, if the log has no event at it.
 *
 * Each append moves the checkpoint row to a larger digest, so the latest one comes first in a descending index scan. It
 * is found quickly, even while a long transaction keeps the server from removing the old row versions.
 */
export const CHECKPOINT_ROW: string = `LATERAL (SELECT btrim(stored_row.content::text, '"') AS stored FROM {schema}.read_model_rows AS stored_row
    WHERE stored_row.model = m.model AND stored_row.digest > ${ABOVE_ALL_DIGESTS} ORDER BY stored_row.digest DESC LIMIT 1) AS checkpoint_row`;

/** The digest that a checkpoint is stored under. */
export const digestOfCheckpoint = (checkpoint: string): string =>
  `(${ABOVE_ALL_DIGESTS} || CASE WHEN ${checkpoint} LIKE '% _%'
      THEN int8send(split_part(${checkpoint}, ' ', 1)::bigint) || convert_to(split_part(${checkpoint}, ' ', 2), 'UTF8')
      ELSE decode('00', 'hex') END)`;

/** Inserts the checkpoint rows of the read models that a query returns as `model` and `checkpoint`. */
export const insertCheckpoints = (models: string): string =>
  `INSERT INTO {schema}.read_model_rows (model, key, digest, content)
      SELECT given.model, ${CHECKPOINT_KEY}, ${digestOfCheckpoint('given.checkpoint')}, to_json(given.checkpoint)
      FROM (${models}) AS given (model, checkpoint)`;

/**
 * The checkpoint of a read model, as an expression; the statement joins {@link CHECKPOINT_ROW} and {@link HEAD} as
 * `head`.
 *
 * It is NULL in two cases. There is no checkpoint row. Or the log has events, but not the event of the checkpoint: then
 * the rows belong to another history, so they are not read or updated.
 */
export const CHECKPOINT: string = `CASE WHEN checkpoint_row.stored IN (${HEAD_TEXT}, '0') OR head.position IS NULL OR EXISTS (
    SELECT FROM {schema}.events AS known WHERE known.id = split_part(checkpoint_row.stored, ' ', 2)
      AND known.position = CASE WHEN checkpoint_row.stored LIKE '% %' THEN split_part(checkpoint_row.stored, ' ', 1)::bigint END)
  THEN checkpoint_row.stored END`;

/**
 * Finds the event at a position.
 *
 * - `given_position`: a `Position` as programs use it: the event's number in the log times 2^40, plus the last 40 bits
 *   of its id.
 *
 * Returns the event as in {@link HEAD_TEXT}, or NULL if the log does not have it. The sum in the body decodes the last
 * 8 characters of the event's id, which hold 5 bits each.
 */
export const FIND_EVENT_AT: string = plpgsql(
  'find_event_at(given_position numeric) RETURNS text',
  `BEGIN
  IF given_position IS NULL OR given_position >= 9223372036854775808 * 1099511627776 THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT e.position || ' ' || e.id FROM {schema}.events AS e
    WHERE e.position = div(given_position, 1099511627776)::bigint AND mod(given_position, 1099511627776) = (
      SELECT sum(greatest(strpos('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(e.id, length(e.id) - 7 + n, 1)) - 1, 0)::bigint << 35 - 5 * n)
      FROM generate_series(0, 7) AS n));
END`,
);

/** A position as a checkpoint row stores it, as an expression. */
export const checkpointAt = (position: string): string =>
  `(CASE ${position} WHEN 0 THEN '0' ELSE coalesce({schema}.find_event_at(${position}), ${position}::text) END)`;
