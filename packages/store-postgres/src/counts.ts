import { MARKERS } from './checkpoints.js';

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
        WHERE counted.model = ANY (${models}) AND counted.digest > ${MARKERS})`;

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
          ${timesOf('key')} || int8send(${cameSince('key')} + more) || substring(key FROM 17), ${MARKERS} || ${timesOf('key')} FROM counted`;

/**
 * The body of the function that begins to store a number (`before` is NULL) or completes it with the earlier entries:
 * the result of a counting statement, minus those added since. It holds the writers' lock. While another writer holds
 * it, it returns false and does nothing.
 */
export const KEEP_COUNT: string = `
  IF NOT pg_try_advisory_xact_lock({append_lock}) THEN
    RETURN false;
  END IF;
  PERFORM FROM {schema}.read_models WHERE model = this_model AND stage = 'live' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN true;
  END IF;
  SELECT found.place, found.key INTO counts FROM ${countOf('this_model', 'this_entry')} AS found;
  IF counts.key IS NULL AND before IS NULL THEN
    ${INSERT} VALUES (this_model, ${APART} || this_entry, int8send(1) || int8send(0), ${MARKERS} || int8send(1));
  ELSIF length(counts.key) = 16 AND before IS NOT NULL THEN
    DELETE FROM {schema}.read_model_entries WHERE ctid = counts.place;
    ${INSERT} VALUES (this_model, ${APART} || this_entry, ${timesOf('counts.key')} || substring(counts.key FROM 9) || int8send(before),
      ${MARKERS} || ${timesOf('counts.key')});
  END IF;
  RETURN true;`;
