import { AFTER_DIGESTS } from './checkpoints.js';
import { plpgsql } from './plpgsql.js';
import { CHECK_SESSION } from './writing-session.js';

/**
 * The number of rows under an index entry is stored for large entries that were asked for. It is stored among the
 * entries, so that copying, emptying or restoring them affects it, too: under the entry with one more byte in front,
 * where no look-up finds it. Its key has three numbers: how often it was written; the entries added since it exists,
 * minus the removed ones; and the earlier entries, once they are counted. Each write stores another one under a larger
 * digest, so that the last one is found quickly even during a long transaction.
 */

const APART = "decode('ff', 'hex')";

/** Whether the number of any entry of these read models is stored. */
export const isCounted = (models: string): string => `EXISTS (SELECT FROM {schema}.read_model_entries AS counted
        WHERE counted.model = ANY (${models}) AND counted.digest > ${AFTER_DIGESTS})`;

/** The stored number of an entry. */
export const countOf = (model: string, entry: string): string => `(SELECT kept.ctid AS place, kept.key
          FROM {schema}.read_model_entries AS kept WHERE kept.model = ${model} AND kept.entry = ${APART} || ${entry}
          ORDER BY substring(kept.key FROM 1 FOR 500) DESC LIMIT 1)`;

const numberAt = (key: string, from: number): string =>
  `('x' || encode(substring(${key} FROM ${from} FOR 8), 'hex'))::bit(64)::bigint`;

/** The entries added since the number exists, minus the removed ones. */
export const cameSince = (key: string): string => numberAt(key, 9);
/** The earlier entries; NULL while they are not counted. */
export const wereBefore = (key: string): string => `CASE WHEN length(${key}) > 16 THEN ${numberAt(key, 17)} END`;

const INSERT = 'INSERT INTO {schema}.read_model_entries (model, entry, key, digest)';
const timesOf = (key: string): string => `int8send(${numberAt(key, 1)} + 1)`;

/** Follows `left_out` and `entered`, the removed and added entries, and updates their numbers. */
export const COUNT_ON: string = `, moved AS (
          SELECT model, entry, sum(way) AS more
          FROM (SELECT model, entry, -1 AS way FROM left_out UNION ALL SELECT model, entry, 1 FROM entered) AS each
          GROUP BY model, entry HAVING sum(way) <> 0),
        counted AS (SELECT moved.model, moved.entry, moved.more, found.place, found.key
          FROM moved, LATERAL ${countOf('moved.model', 'moved.entry')} AS found),
        outdated AS (DELETE FROM {schema}.read_model_entries WHERE ctid = ANY (ARRAY(SELECT place FROM counted)))
        ${INSERT} SELECT model, ${APART} || entry,
          ${timesOf('key')} || int8send(${cameSince('key')} + more) || substring(key FROM 17), ${AFTER_DIGESTS} || ${timesOf('key')} FROM counted`;

/**
 * Begins to store the number of rows under an index entry, or completes it. The first reader that counts many rows
 * calls it; writers keep the number up to date from then on.
 *
 * - `model_number`: the read model;
 * - `counted_entry`: the digest of the index entry;
 * - `earlier_rows`: NULL to begin. To complete, the rows that the entry had when the number was begun: the result of a
 *   counting statement, minus the rows added since.
 *
 * Returns whether it was done. While another writer holds the writers' lock, it does nothing and returns false.
 */
export const STORE_ROW_COUNT: string = plpgsql(
  'store_row_count_v13(model_number bigint, counted_entry bytea, earlier_rows bigint) RETURNS boolean',
  `DECLARE
  stored record;
BEGIN ${CHECK_SESSION}
  IF NOT pg_try_advisory_xact_lock({append_lock}) THEN
    RETURN false;
  END IF;
  PERFORM FROM {schema}.read_models WHERE model = model_number AND stage = 'live' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN true;
  END IF;
  SELECT found.place, found.key INTO stored FROM ${countOf('model_number', 'counted_entry')} AS found;
  IF stored.key IS NULL AND earlier_rows IS NULL THEN
    ${INSERT} VALUES (model_number, ${APART} || counted_entry, int8send(1) || int8send(0), ${AFTER_DIGESTS} || int8send(1));
  ELSIF length(stored.key) = 16 AND earlier_rows IS NOT NULL THEN
    DELETE FROM {schema}.read_model_entries WHERE ctid = stored.place;
    ${INSERT} VALUES (model_number, ${APART} || counted_entry,
      ${timesOf('stored.key')} || substring(stored.key FROM 9) || int8send(earlier_rows), ${AFTER_DIGESTS} || ${timesOf('stored.key')});
  END IF;
  RETURN true;
END`,
);
