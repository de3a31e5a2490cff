import { rowLimitOf, type RowCount, type WantedRows } from '@login-policy/event-sourcing/store';
import { cameSince, countOf, wereBefore } from './counts.js';
import { entryOf, keyBytes } from './row-changes.js';

/** A statement on the read model `m`, and its parameters from $2 on. */
export interface ModelStatement {
  readonly rows: string;
  readonly values: readonly unknown[];
}

const ENTRIES = 'FROM {schema}.read_model_entries AS e';
const FOUND = 'WHERE e.model = m.model AND e.entry = $2';
const INDEXED = 'substring(e.key FROM 1 FOR 500)';
const LISTED = {
  rows: `SELECT encode(e.key, 'hex'), r.content::text ${ENTRIES}
    JOIN {schema}.read_model_rows AS r ON r.model = e.model AND r.digest = e.digest ${FOUND}`,
  keys: `SELECT encode(e.key, 'hex') ${ENTRIES} ${FOUND}`,
} as const;

/** Looks an entry of an index up: key and content, or keys alone. @throws RangeError when the limit is out of its range. */
export function lookUp({ wanted, ...asked }: WantedRows): ModelStatement {
  const { index, value, afterKey, beforeKey, direction } = asked;
  const values: unknown[] = [entryOf(index, value), rowLimitOf(asked)];
  const bound = (key: string | undefined, sign: '<' | '>'): string => {
    if (key === undefined) return '';
    values.push(keyBytes(key));
    // The statement's first value is the read model.
    const place = `$${values.length + 1}`;
    return `AND ${INDEXED} ${sign}= substring(${place}::bytea FROM 1 FOR 500) AND e.key ${sign} ${place}`;
  };
  const order = direction === 'backwards' ? 'DESC' : 'ASC';
  const bounds = `${bound(afterKey, '>')} ${bound(beforeKey, '<')}`;
  return { rows: `${LISTED[wanted]} ${bounds} ORDER BY ${INDEXED} ${order}, e.key ${order} LIMIT $3`, values };
}

/**
 * Counts the rows under an entry of an index, unless their number is kept. Says that, then how many came since it is there, and how many there
 * were before.
 */
export function countUp({ index, value }: RowCount): ModelStatement {
  const counted = `SELECT ${cameSince('kept.key')} AS came, ${wereBefore('kept.key')} AS before FROM ${countOf('m.model', '$2')} AS kept`;
  const rows = `SELECT coalesce(before + came, (SELECT count(*) ${ENTRIES} ${FOUND}))::text, came::text, before::text
    FROM (SELECT) AS one LEFT JOIN (${counted}) AS counted ON true`;
  return { rows, values: [entryOf(index, value)] };
}
