import { COUNT_ON, isCounted } from './counts.js';

/**
 * The rows of a table under a key, each looked up separately: `OFFSET 0` keeps the planner from joining them in another
 * way.
 */
export function underKey(
  table: string,
  { of, columns, where = '' }: { of: string; columns: string; where?: string },
): string {
  return `LATERAL (SELECT ${columns} FROM {schema}.${table} AS kept
    WHERE kept.model = ${of}.model AND kept.digest = sha256(${of}.key) ${where} OFFSET 0) AS found`;
}

/** The parameters of {@link WRITE_ROWS}. */
export const ROWS = 'gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[]';

/** Whether an entry is removed: it is in `leaving`, or not in `entering`. */
const LEFT_OUT = 'AND (position(kept.entry IN given.entries) > 0) = (leaving IS NOT NULL)';

/** Removes entries. */
const LEAVE = `DELETE FROM {schema}.read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM ${givenEntries('coalesce(leaving, entering)')},
            ${underKey('read_model_entries', { of: 'given', columns: 'kept.ctid', where: LEFT_OUT })}))`;
/** Adds missing entries. */
const ENTER = `INSERT INTO {schema}.read_model_entries (model, entry, key, digest)
        SELECT given.model, substring(given.entries FROM place FOR 32), given.key, sha256(given.key)
        FROM ${givenEntries('entering')}, generate_series(1, length(given.entries), 32) AS place
        ON CONFLICT DO NOTHING`;

/**
 * Replaces rows and their index entries. The first `gone` rows are removed; the content of the others is JSON, one line
 * a row. For the first of these rows, `entering` has the concatenated digests to add, and `leaving` those to remove;
 * NULL means all except the added. The entries of the other rows do not change.
 */
export const WRITE_ROWS: string = `
  IF row_keys IS NOT NULL THEN
    IF gone > 0 THEN
      DELETE FROM {schema}.read_model_rows WHERE ctid = ANY (ARRAY(
        SELECT found.ctid FROM unnest(row_models[:gone], row_keys[:gone]) AS given(model, key),
          ${underKey('read_model_rows', { of: 'given', columns: 'kept.ctid' })}));
    END IF;
    INSERT INTO {schema}.read_model_rows (model, key, digest, content)
      SELECT given.model, given.key, sha256(given.key), given.content
      FROM unnest(row_models[gone + 1:], row_keys[gone + 1:], string_to_array(contents, chr(10))::json[]) AS given(model, key, content)
      ON CONFLICT (model, digest) DO UPDATE SET content = excluded.content;
    IF entering IS NOT NULL THEN
      IF ${isCounted('row_models')} THEN
        WITH left_out AS (${LEAVE} RETURNING model, entry), entered AS (${ENTER} RETURNING model, entry)
        ${COUNT_ON};
      ELSE
        IF leaving IS NULL OR '' <> ANY (leaving) THEN
          ${LEAVE};
        END IF;
        ${ENTER};
      END IF;
    END IF;
  END IF;`;

function givenEntries(entries: string): string {
  const renewed = 'row_models[:cardinality(entering)], row_keys[:cardinality(entering)]';
  return `unnest(${renewed}, ${entries}) AS given(model, key, entries)`;
}
