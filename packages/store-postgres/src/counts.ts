import { MARKERS } from './checkpoints.js';

/**
 * How many rows are under an entry of an index is kept for entries that are large and were asked for. The number is
 * among the entries, so that whatever copies, empties or restores those does the same with it: under the entry with one
 * byte before it, where no look-up finds it. Its key has three numbers: how often it was written; how many entries came
 * since it is there, less those that went; and how many there were before, once they are counted. Each write puts
 * another one in its place, under a digest that grows: under a long transaction the last one is found as soon as ever.
 */

const APART = "decode('ff', 'hex')";

/** Whether the number of any entry of these read models is kept. */
export const isCounted = (models: string): string => `EXISTS (SELECT FROM {schema}.read_model_entries AS counted
        WHERE counted.model = ANY (${models}) AND counted.digest > ${MARKERS})`;

/** What is kept of an entry. */
export const countOf = (model: string, entry: string): string => `(SELECT kept.ctid AS place, kept.key
          FROM {schema}.read_model_entries AS kept WHERE kept.model = ${model} AND kept.entry = ${APART} || ${entry}
          ORDER BY substring(kept.key FROM 1 FOR 500) DESC LIMIT 1)`;

const numberAt = (key: string, from: number): string =>
  `('x' || encode(substring(${key} FROM ${from} FOR 8), 'hex'))::bit(64)::bigint`;

/** How many entries came since the number is there, less those that went. */
export const cameSince = (key: string): string => numberAt(key, 9);
/** How many there were before; NULL: they are not counted yet. */
export const wereBefore = (key: string): string => `CASE WHEN length(${key}) > 16 THEN ${numberAt(key, 17)} END`;

const INSERT = 'INSERT INTO {schema}.read_model_entries (model, entry, key, digest)';
const timesOf = (key: string): string => `int8send(${numberAt(key, 1)} + 1)`;

/** Goes behind `left_out` and `entered`, which say the entries that went and came, and keeps their numbers. */
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
 * The body of the function that begins to keep a number, `before` being NULL, or says how many entries there were
 * before: what one statement found that counts them, less those that came since. Nobody writes meanwhile; with another
 * writer at work it answers false, and nothing is done.
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
