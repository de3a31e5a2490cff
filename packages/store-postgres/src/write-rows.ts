import { COUNT_ON, isCounted } from './counts.js';

/** The rows of a table that are stored under a key, each found by itself: `OFFSET 0` keeps them from being joined otherwise. */
export function underKey(
  table: string,
  { of, columns, where = '' }: { of: string; columns: string; where?: string },
): string {
  return `LATERAL (SELECT ${columns} FROM {schema}.${table} AS kept
    WHERE kept.model = ${of}.model AND kept.digest = sha256(${of}.key) ${where} OFFSET 0) AS found`;
}

/** How a function takes {@link WRITE_ROWS}. */
export const ROWS = 'gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[]';

/** Of an entry: it is among those that leave, or not among those that enter. */
const LEFT_OUT = 'AND (position(kept.entry IN given.entries) > 0) = (leaving IS NOT NULL)';

/** Takes entries away. */
const LEAVE = `DELETE FROM {schema}.read_model_entries WHERE ctid = ANY (ARRAY(
          SELECT found.ctid FROM ${givenEntries('coalesce(leaving, entering)')},
            ${underKey('read_model_entries', { of: 'given', columns: 'kept.ctid', where: LEFT_OUT })}))`;
/** Adds those that are not there. */
const ENTER = `INSERT INTO {schema}.read_model_entries (model, entry, key, digest)
        SELECT given.model, substring(given.entries FROM place FOR 32), given.key, sha256(given.key)
        FROM ${givenEntries('entering')}, generate_series(1, length(given.entries), 32) AS place
        ON CONFLICT DO NOTHING`;

/**
 * Replaces rows and the entries by which they are found. The first `gone` rows go; of the others content is JSON, a line a row. Of the
 * first rows `entering` has the digests that they are found by from now on, too, one behind another, and `leaving` those that they are not
 * found by any more; NULL: all but those that enter. The rest are found as before.
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
