import { ABOVE_ALL_DIGESTS } from './checkpoints.js';
import { plpgsql } from './plpgsql.js';
import { CHECK_SESSION, CHECK_TABLES } from './writing-session.js';

/**
 * Counting all rows with a common index entry takes long. When a reader has counted many, the count is stored, and from
 * then on each write updates it.
 *
 * A count is a row of `read_model_entries`, the table of the entries that it counts. So it stays correct if that table
 * is copied, emptied or restored alone. Its columns are
 * - `entry`: {@link COUNT_PREFIX} and the counted entry. It is a byte longer than any entry, so no look-up of an entry
 *   finds it;
 * - `key`: three numbers of 8 bytes each:
 *   1. the write counter: how often this count was written;
 *   2. the net added: the entries added since the count was begun, minus those removed since then;
 *   3. the initial count: the entries that existed when the count was begun. It is missing until they are counted;
 * - `digest`: {@link ABOVE_ALL_DIGESTS} and the write counter, so it is larger than the digest of any key.
 *
 * The number of rows is the initial count plus the net added. Each write replaces the row by one with the next write
 * counter. The counter comes first in `key`, so one step of a descending index scan finds the latest row, even while a
 * long transaction keeps the server from removing the old row versions.
 */
const COUNT_PREFIX = "decode('ff', 'hex')";

/** Whether any count of these read models is stored, as an expression. */
export const hasStoredCounts = (
  models: string,
): string => `EXISTS (SELECT FROM {schema}.read_model_entries AS stored_count
        WHERE stored_count.model = ANY (${models}) AND stored_count.digest > ${ABOVE_ALL_DIGESTS})`;

/** The latest count of an entry, as a subquery for its row and key. */
export const latestCount = (
  model: string,
  entry: string,
): string => `(SELECT stored_count.ctid AS row_id, stored_count.key
          FROM {schema}.read_model_entries AS stored_count
          WHERE stored_count.model = ${model} AND stored_count.entry = ${COUNT_PREFIX} || ${entry}
          ORDER BY substring(stored_count.key FROM 1 FOR 500) DESC LIMIT 1)`;

/** One of the numbers in the key of a count: the one that begins at this byte, counted from 1. */
const numberAt = (key: string, from: number): string =>
  `('x' || encode(substring(${key} FROM ${from} FOR 8), 'hex'))::bit(64)::bigint`;

/** The net added, from the key of a count. */
export const netAdded = (key: string): string => numberAt(key, 9);
/** The initial count, from the key of a count; NULL while it is missing. */
export const initialCount = (key: string): string => `CASE WHEN length(${key}) > 16 THEN ${numberAt(key, 17)} END`;

const INSERT_COUNT = 'INSERT INTO {schema}.read_model_entries (model, entry, key, digest)';
const nextWriteCounter = (key: string): string => `int8send(${numberAt(key, 1)} + 1)`;

/**
 * Updates the counts of changed entries. It is the end of a `WITH` statement whose queries `removed` and `added` return
 * the changed entries.
 */
export const UPDATE_COUNTS: string = `, changed_entry AS (
          SELECT model, entry, sum(sign) AS delta
          FROM (SELECT model, entry, -1 AS sign FROM removed UNION ALL SELECT model, entry, 1 FROM added) AS each
          GROUP BY model, entry HAVING sum(sign) <> 0),
        outdated AS (SELECT changed_entry.model, changed_entry.entry, changed_entry.delta, latest.row_id, latest.key
          FROM changed_entry, LATERAL ${latestCount('changed_entry.model', 'changed_entry.entry')} AS latest),
        deleted AS (DELETE FROM {schema}.read_model_entries WHERE ctid = ANY (ARRAY(SELECT row_id FROM outdated)))
        ${INSERT_COUNT} SELECT model, ${COUNT_PREFIX} || entry,
          ${nextWriteCounter('key')} || int8send(${netAdded('key')} + delta) || substring(key FROM 17),
          ${ABOVE_ALL_DIGESTS} || ${nextWriteCounter('key')} FROM outdated`;

/**
 * Stores the count of an index entry in two steps: begins it, and then completes it with the initial count. A reader
 * that has counted many rows calls this twice. Each write in between or later updates the count.
 *
 * - `model_number`: the read model;
 * - `counted_entry`: the digest of the index entry;
 * - `initial_count`: NULL to begin the count. To complete it: the number of rows when the count was begun. The caller
 *   computes it as the number of rows now, minus the net added, both read by one statement.
 *
 * Returns false if another writer holds the writers' lock, and has then done nothing. Otherwise returns true.
 */
export const STORE_ROW_COUNT: string = plpgsql(
  'store_row_count(model_number bigint, counted_entry bytea, initial_count bigint) RETURNS boolean',
  `DECLARE
  latest record;
BEGIN ${CHECK_SESSION}${CHECK_TABLES}
  IF NOT pg_try_advisory_xact_lock({append_lock}) THEN
    RETURN false;
  END IF;
  PERFORM FROM {schema}.read_models WHERE model = model_number AND stage = 'live' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN true;
  END IF;
  SELECT found.row_id, found.key INTO latest FROM ${latestCount('model_number', 'counted_entry')} AS found;
  IF latest.key IS NULL AND initial_count IS NULL THEN
    ${INSERT_COUNT} VALUES (model_number, ${COUNT_PREFIX} || counted_entry, int8send(1) || int8send(0), ${ABOVE_ALL_DIGESTS} || int8send(1));
  ELSIF length(latest.key) = 16 AND initial_count IS NOT NULL THEN
    DELETE FROM {schema}.read_model_entries WHERE ctid = latest.row_id;
    ${INSERT_COUNT} VALUES (model_number, ${COUNT_PREFIX} || counted_entry,
      ${nextWriteCounter('latest.key')} || substring(latest.key FROM 9) || int8send(initial_count),
      ${ABOVE_ALL_DIGESTS} || ${nextWriteCounter('latest.key')});
  END IF;
  RETURN true;
END`,
);
