import { plpgsql } from './plpgsql.js';

/**
 * The last event, as a subquery. The column `position` holds its place: the events of the log are numbered from 1. The
 * column `kept` holds the inline read models that the event lists.
 */
export const HEAD = '(SELECT position, id, kept AS inline_models FROM {schema}.events ORDER BY position DESC LIMIT 1)';

/** The last event as text: its place, a space and its id. `positionIn` parses it. */
export const HEAD_TEXT = "head.position || ' ' || head.id";

/** Not the key of any row, because keys are UTF-8. */
const CHECKPOINT_KEY = "decode('ff', 'hex')";
/** Greater than the digest of every key, which has 32 bytes. */
export const AFTER_DIGESTS = "decode(repeat('ff', 32), 'hex')";

/**
 * The checkpoint row of the read model `m`. Each read model stores its checkpoint in a row among its rows. Rows that
 * are copied, emptied or restored on their own therefore bring their own checkpoint or have none.
 *
 * A checkpoint is one of
 * - an event, as in {@link HEAD_TEXT};
 * - `0`: before the first event;
 * - a {@link FIND_EVENT_AT position} as a number, if the log has no event at it.
 *
 * Each append stores the checkpoint under a larger digest. The last one is therefore found quickly, even while a long
 * transaction keeps the server from removing the old row versions.
 */
export const CHECKPOINT_ROW: string = `LATERAL (SELECT btrim(stored_row.content::text, '"') AS stored FROM {schema}.read_model_rows AS stored_row
    WHERE stored_row.model = m.model AND stored_row.digest > ${AFTER_DIGESTS} ORDER BY stored_row.digest DESC LIMIT 1) AS checkpoint_row`;

/** The digest that a checkpoint is stored under. */
export const digestOfCheckpoint = (checkpoint: string): string =>
  `(${AFTER_DIGESTS} || CASE WHEN ${checkpoint} LIKE '% _%'
      THEN int8send(split_part(${checkpoint}, ' ', 1)::bigint) || convert_to(split_part(${checkpoint}, ' ', 2), 'UTF8')
      ELSE decode('00', 'hex') END)`;

/** Inserts the checkpoint rows of the read models that a query returns as `model` and `checkpoint`. */
export const insertCheckpoints = (models: string): string =>
  `INSERT INTO {schema}.read_model_rows (model, key, digest, content)
      SELECT given.model, ${CHECKPOINT_KEY}, ${digestOfCheckpoint('given.checkpoint')}, to_json(given.checkpoint)
      FROM (${models}) AS given (model, checkpoint)`;

/**
 * The checkpoint of a read model, where its {@link CHECKPOINT_ROW} and `head` are joined. NULL if there is no such row,
 * or if the log has events but not the checkpoint's event. The rows then belong to another history: they are never
 * fresh and never updated.
 */
export const CHECKPOINT: string = `CASE WHEN checkpoint_row.stored IN (${HEAD_TEXT}, '0') OR head.position IS NULL OR EXISTS (
    SELECT FROM {schema}.events AS known WHERE known.id = split_part(checkpoint_row.stored, ' ', 2)
      AND known.position = CASE WHEN checkpoint_row.stored LIKE '% %' THEN split_part(checkpoint_row.stored, ' ', 1)::bigint END)
  THEN checkpoint_row.stored END`;

/**
 * Finds the event at a position.
 *
 * - `given_position`: a `Position` of the port, which is the place of an event times 2^40, plus the last 40 bits of its
 *   id.
 *
 * Returns the event as in {@link HEAD_TEXT}, or NULL if the log does not have it.
 */
export const FIND_EVENT_AT: string = plpgsql(
  'find_event_at_v13(given_position numeric) RETURNS text',
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

/** A position as a checkpoint row stores it. */
export const checkpointAt = (position: string): string =>
  `(CASE ${position} WHEN 0 THEN '0' ELSE coalesce({schema}.find_event_at_v13(${position}), ${position}::text) END)`;

/** Stores the checkpoints of version 9 among the rows. */
export const STORE_CHECKPOINTS: string = `
${insertCheckpoints(`SELECT m.model, CASE WHEN m.model = ANY (head.inline_models) THEN ${HEAD_TEXT} ELSE ${checkpointAt('m.checkpoint')} END
    FROM {schema}.read_models AS m LEFT JOIN ${HEAD} AS head ON true WHERE m.stage <> 'replaced'`)}
  WHERE given.checkpoint IS NOT NULL;`;
