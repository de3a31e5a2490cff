import { ROWS } from './write-rows.js';

/**
 * The parameters and result of `look`, unchanged since version 9:
 * - `lock_ms`: how long to wait for the writers' lock, in milliseconds;
 * - `streams`: whose ends to look up;
 * - `receipt_streams`, `receipt_keys`: receipts to look up, pairwise;
 * - `models`: live read models to look up;
 * - `row_models`, `row_keys`: rows to look up, pairwise.
 * Returns one row per result: `what` is its kind, `name` its key, and `a`, `b`, `c` are
 *
 * | `what`    | `name`      | `a`                             | `b`              | `c`                                |
 * | --------- | ----------- | ------------------------------- | ---------------- | ---------------------------------- |
 * | `head`    | cache epoch | place of the last event or 0    | its id           | the inline read models it lists    |
 * | `end`     | stream      | revision of its last event      | its time         | its id                             |
 * | `receipt` | stream      | key                             |                  |                                    |
 * | `model`   | its name    | its number                      | its checkpoint   |                                    |
 * | `row`     | read model  | key, in hexadecimal             | content          |                                    |
 */
export const LOOK_SIGNATURE = `(lock_ms text, streams text[], receipt_streams text[], receipt_keys text[],
  models text[], row_models text[], row_keys bytea[]) RETURNS TABLE (what text, name text, a text, b text, c text)`;

/**
 * The parameters of `append`, unchanged since version 9. Events, rows and index entries are passed column by column,
 * and JSON as lines of one text (JSON has no line breaks). Arrays contain no NULL, because with `array_nulls = off` NULL
 * is read as the string 'NULL'.
 * - `known_era`, `known_head`: the cache epoch and the last event (`place id`) that the plan is based on;
 * - `not_after`: the latest time to write, by the server's clock; null for no limit;
 * - `keeps`: the inline read models, which each event lists;
 * - `streams`, `revisions`, `ids`, `types`, `times`, `data`, `metadata`: the events;
 * - `places`, `counts`: the place of each event in its append, and the number of that append's events; 0 for a single
 *   event;
 * - `versions`: the schema version of each event;
 * - `wholes`: the whole name of each stream whose name is too long for an index; otherwise empty. These last four are
 *   null if no event needs them;
 * - `row_models`, and the parameters of `WRITE_ROWS`: the rows;
 * - `receipts`: an array of receipts;
 * - `dropped`: the read models that are listed as inline on the last event but not on these events, with the checkpoint
 *   to store.
 * Returns `written` and the server's time, or why not.
 */
export const APPEND_SIGNATURE: string = `(known_era text, not_after bigint, known_head text, keeps bigint[], streams text[], revisions bigint[], ids text[],
  types text[], times bigint[], data text, metadata text, places integer[], counts integer[], versions integer[], wholes text[],
  row_models bigint[], ${ROWS}, receipts json, dropped json) RETURNS text`;
