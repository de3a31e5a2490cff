/**
 * The row of a table with a given key, as a subquery with the alias `found`. The key is the column `key` of the
 * subquery `of`. `OFFSET 0` makes the planner look up each key by the index, instead of joining in another way.
 */
export function findByKey(
  table: string,
  { of, columns, where = '' }: { of: string; columns: string; where?: string },
): string {
  return `LATERAL (SELECT ${columns} FROM {schema}.${table} AS stored_row
    WHERE stored_row.model = ${of}.model AND stored_row.digest = sha256(${of}.key) ${where} OFFSET 0) AS found`;
}

/**
 * The rows to write and their index entries, as parameters of a function. The read model of each row is in
 * `row_models`.
 * - `row_keys`: the key of each row: first the removed rows, then the rows whose index entries change, then all others;
 * - `removed_count`: how many rows are removed;
 * - `row_contents`: the content of each row that is not removed, as JSON, one line a row;
 * - `added_entries`: the index entries to add, for each row whose entries change. An element has 32 bytes an entry. The
 *   removed rows have no entries to add, but they have an element;
 * - `removed_entries`: the index entries to remove, likewise. NULL if the previous entries are not known: all are
 *   removed except those in `added_entries`.
 */
export const ROWS =
  'removed_count integer, row_keys bytea[], row_contents text, added_entries bytea[], removed_entries bytea[]';

/** Whether a stored entry is to be removed, as a condition. */
const IS_REMOVED = 'AND (position(stored_row.entry IN given.entries) > 0) = (removed_entries IS NOT NULL)';

/** Removes entries. */
const REMOVE_ENTRIES = `DELETE FROM {schema}.read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM ${givenEntries('coalesce(removed_entries, added_entries)')},
            ${findByKey('read_model_entries', { of: 'given', columns: 'stored_row.ctid', where: IS_REMOVED })}))`;
/** Adds entries that are missing. */
const ADD_ENTRIES = `INSERT INTO {schema}.read_model_entries (model, entry, key, digest)
        SELECT each.model, each.entry, each.key, each.digest
        FROM (SELECT given.*, substring(given.entries FROM generate_series(1, length(given.entries), 32) FOR 32) AS entry
          FROM ${givenEntries('added_entries')}) AS each
        ON CONFLICT (model, digest, entry) DO NOTHING`;

/** Writes rows and their index entries: the part of a function that has the parameters {@link ROWS}. */
export const WRITE_ROWS: string = `
  IF row_keys IS NOT NULL THEN
    IF removed_count > 0 THEN
      DELETE FROM {schema}.read_model_rows WHERE ctid = ANY (ARRAY(
        SELECT found.ctid FROM (SELECT unnest(row_models[:removed_count]) AS model, unnest(row_keys[:removed_count]) AS key) AS given,
          ${findByKey('read_model_rows', { of: 'given', columns: 'stored_row.ctid' })}));
    END IF;
    INSERT INTO {schema}.read_model_rows (model, key, digest, content)
      SELECT given.model, given.key, sha256(given.key), given.content::json
      FROM (SELECT unnest(row_models[removed_count + 1:]) AS model, unnest(row_keys[removed_count + 1:]) AS key,
        unnest(string_to_array(row_contents, chr(10))) AS content) AS given
      ON CONFLICT (model, digest) DO UPDATE SET content = excluded.content;
    IF added_entries IS NOT NULL THEN
      IF removed_entries IS NULL OR '' <> ANY (removed_entries) THEN
        ${REMOVE_ENTRIES};
      END IF;
      ${ADD_ENTRIES};
    END IF;
  END IF;`;

/**
 * The rows whose entries change, with a list of entries. An `unnest` in the list of columns costs less than one in
 * FROM, for which the server allocates 16 KB.
 */
function givenEntries(entries: string): string {
  const those = '[:cardinality(added_entries)]';
  return `(SELECT unnest(row_models${those}) AS model, unnest(row_keys${those}) AS key,
            sha256(unnest(row_keys${those})) AS digest, unnest(${entries}) AS entries) AS given`;
}
