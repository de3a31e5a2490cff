import { plpgsql } from './plpgsql.js';

/**
 * The last event of the log, as a subquery. The column `position` is its number: events are numbered from 1 in the
 * order of the log.
 */
export const HEAD = '(SELECT position, id FROM {schema}.events ORDER BY position DESC LIMIT 1)';

/** The last event as text: its number, a space and its id. `positionIn` parses it. */
export const HEAD_TEXT = "head.position || ' ' || head.id";

/**
 * The checkpoint of the read model `m`, as an expression; the statement joins {@link HEAD} as `head`.
 *
 * A stored checkpoint is one of
 * - an event, as in {@link HEAD_TEXT};
 * - `0`: before the first event;
 * - a {@link FIND_EVENT_AT position} as a number, if the log has no event at it;
 * - NULL: the read model has taken no step.
 *
 * The expression is NULL, too, if the log has events, but not the event of the checkpoint: then the rows belong to
 * another history, so they are not read or updated.
 */
export const CHECKPOINT: string = `CASE WHEN m.checkpoint IN (${HEAD_TEXT}, '0') OR head.position IS NULL OR EXISTS (
    SELECT FROM {schema}.events AS known WHERE known.id = split_part(m.checkpoint, ' ', 2)
      AND known.position = CASE WHEN m.checkpoint LIKE '% %' THEN split_part(m.checkpoint, ' ', 1)::bigint END)
  THEN m.checkpoint END`;

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

/** A position as a stored checkpoint, as an expression. */
export const checkpointAt = (position: string): string =>
  `(CASE ${position} WHEN 0 THEN '0' ELSE coalesce({schema}.find_event_at(${position}), ${position}::text) END)`;
