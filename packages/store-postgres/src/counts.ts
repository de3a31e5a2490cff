import { AFTER_DIGESTS } from './checkpoints.js';
import { plpgsql } from './plpgsql.js';
import { CHECK_SESSION } from './writing-session.js';

/**
 * Counting the rows under a large index entry takes long, so its count is stored once a reader has asked for it, and
 * each write updates it.
 *
 * A count is a row of `read_model_entries`, beside the entries that it counts: copying, emptying or restoring that table
 * affects both alike. Its columns are
 * - `entry`: {@link COUNT_PREFIX} and the counted entry. No look-up of an entry finds it, because it is a byte longer;
 * - `key`: three numbers of 8 bytes each:
 *   1. the write counter: how often this count was written;
 *   2. the net added: the entries added since the count was begun, minus those removed;
 *   3. the initial count: the entries that were there when the count was begun. It is missing until they are counted;
 * - `digest`: larger than the digest of any key, because it is {@link AFTER_DIGESTS} and the write counter.
 *
 * The number of rows is the initial count plus the net added. Each write replaces the row by one with the next write
 * counter. The counter comes first in `key`, so one step of a descending index scan finds the latest row, even while a
 * long transaction keeps the server from removing the old row versions.
 */
const COUNT_PREFIX = "decode('ff', 'hex')";

/** Whether any count of these read models is stored. */
export const hasStoredCounts = (
  models: string,
): string => `EXISTS (SELECT FROM {schema}.read_model_entries AS stored_count
        WHERE stored_count.model = ANY (${models}) AND stored_count.digest > ${AFTER_DIGESTS})`;

/** The latest count of an entry, as a subquery for its row and key. */
export const latestCount = (
  model: string,
  entry: string,
): string => `(SELECT stored_count.ctid AS row_id, stored_count.key
          FROM {schema}.read_model_entries AS stored_count
          WHERE stored_count.model = ${model} AND stored_count.entry = ${COUNT_PREFIX} || ${entry}
          ORDER BY substring(stored_count.key FROM 1 FOR 500) DESC LIMIT 1)`;

const numberAt = (key: string, from: number): string =>
  `('x' || encode(substring(${key} FROM ${from} FOR 8), 'hex'))::bit(64)::bigint`;

/** The net added in the key of a count. */
export const netAdded = (key: string): string => numberAt(key, 9);
/** The initial count in the key of a count; NULL while it is missing. */
export const initialCount = (key: string): string => `CASE WHEN length(${key}) > 16 THEN ${numberAt(key, 17)} END`;

const INSERT = 'INSERT INTO {schema}.read_model_entries (model, entry, key, digest)';
const nextWriteCounter = (key: string): string => `int8send(${numberAt(key, 1)} + 1)`;

/** Updates the counts of entries. It follows the statements `removed` and `added`, which return the changed entries. */
export const UPDATE_COUNTS: string = `, changed_entry AS (
          SELECT model, entry, sum(sign) AS delta
          FROM (SELECT model, entry, -1 AS sign FROM removed UNION ALL SELECT model, entry, 1 FROM added) AS each
          GROUP BY model, entry HAVING sum(sign) <> 0),
        outdated AS (SELECT changed_entry.model, changed_entry.entry, changed_entry.delta, latest.row_id, latest.key
          FROM changed_entry, LATERAL ${latestCount('changed_entry.model', 'changed_entry.entry')} AS latest),
        deleted AS (DELETE FROM {schema}.read_model_entries WHERE ctid = ANY (ARRAY(SELECT row_id FROM outdated)))
        ${INSERT} SELECT model, ${COUNT_PREFIX} || entry,
          ${nextWriteCounter('key')} || int8send(${netAdded('key')} + delta) || substring(key FROM 17),
          ${AFTER_DIGESTS} || ${nextWriteCounter('key')} FROM outdated`;

/**
 * Begins to store the count of an index entry, or completes it. A reader that has counted many rows calls it. From then
 * on, each write updates the count.
 *
 * - `model_number`: the read model;
 * - `counted_entry`: the digest of the index entry;
 * - `initial_count`: NULL to begin. To complete the count: the number of rows when the count was begun. The caller
 *   computes it as the counted rows minus the net added, both read by one statement.
 *
 * Returns false only if another writer holds the writers' lock; then nothing was done.
 */
export const STORE_ROW_COUNT: string = plpgsql(
  'store_row_count_v13(model_number bigint, counted_entry bytea, initial_count bigint) RETURNS boolean',
  `DECLARE
  latest record;
BEGIN ${CHECK_SESSION}
  IF NOT pg_try_advisory_xact_lock({append_lock}) THEN
    RETURN false;
  END IF;
  PERFORM FROM {schema}.read_models WHERE model = model_number AND stage = 'live' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN true;
  END IF;
  SELECT found.row_id, found.key INTO latest FROM ${latestCount('model_number', 'counted_entry')} AS found;
  IF latest.key IS NULL AND initial_count IS NULL THEN
    ${INSERT} VALUES (model_number, ${COUNT_PREFIX} || counted_entry, int8send(1) || int8send(0), ${AFTER_DIGESTS} || int8send(1));
  ELSIF length(latest.key) = 16 AND initial_count IS NOT NULL THEN
    DELETE FROM {schema}.read_model_entries WHERE ctid = latest.row_id;
    ${INSERT} VALUES (model_number, ${COUNT_PREFIX} || counted_entry,
      ${nextWriteCounter('latest.key')} || substring(latest.key FROM 9) || int8send(initial_count),
      ${AFTER_DIGESTS} || ${nextWriteCounter('latest.key')});
  END IF;
  RETURN true;
END`,
);
