import type { Backend, WantedRows } from '@login-policy/event-sourcing/store';
import type { Cells, Value } from './queries.js';
import { entryOf, keyBytes, keyOfHex } from './row-changes.js';
import { text } from './rows.js';

/** A statement on the read model `m`; its parameters begin with $2. */
export interface ModelStatement {
  readonly rows: string;
  readonly values: readonly Value[];
}

const ENTRIES = 'FROM {schema}.read_model_entries AS e';
const FOUND = 'WHERE e.model = m.model AND e.entry = $2';
const INDEXED = 'substring(e.key FROM 1 FOR 500)';
const LISTED = {
  rows: `SELECT encode(e.key, 'hex'), r.content::text ${ENTRIES}
    JOIN {schema}.read_model_rows AS r ON r.model = e.model AND r.digest = e.digest`,
  keys: `SELECT e.key ${ENTRIES}`,
} as const;

/** Looks an index entry up: keys with content, a row each; or only keys, all in one row. */
export function lookUp({ wanted, ...asked }: Extract<WantedRows, { wanted: 'rows' | 'keys' }>): ModelStatement {
  const { index, value, afterKey, beforeKey, direction } = asked;
  const values: Value[] = [entryOf(index, value), asked.limit];
  const bound = (key: string | undefined, sign: '<' | '>'): string => {
    if (key === undefined) return '';
    values.push(keyBytes(key));
    // The first parameter is the read model.
    const parameter = `$${values.length + 1}`;
    return `AND ${INDEXED} ${sign}= substring(${parameter}::bytea FROM 1 FOR 500) AND e.key ${sign} ${parameter}`;
  };
  const order = direction === 'backwards' ? 'DESC' : 'ASC';
  const bounds = `${bound(afterKey, '>')} ${bound(beforeKey, '<')}`;
  const rows = `${LISTED[wanted]} ${FOUND} ${bounds} ORDER BY ${INDEXED} ${order}, e.key ${order} LIMIT $3`;
  if (wanted === 'rows') return { rows, values };
  // With a row for each, the server and the driver would repeat the head and the checkpoint beside ten thousand keys.
  return { rows: `SELECT string_agg(encode(listed.key, 'hex'), ' ') FROM (${rows}) AS listed`, values };
}

/** What {@link lookUp} has found. */
export function listedIn(
  wanted: 'rows' | 'keys',
  found: readonly Cells[],
): Awaited<ReturnType<Backend['query']>>['rows'] {
  if (wanted === 'rows') return found.map(([hex, row]) => ({ key: keyOfHex(text(hex)), row }));
  const [joined] = found;
  if (joined === undefined) return [];
  return Array.from(text(joined[0]).split(' '), (hex) => ({ key: keyOfHex(hex), row: undefined }));
}

const ALL_COUNTED: ModelStatement = {
  rows: 'SELECT count(*)::text FROM {schema}.read_model_rows AS r WHERE r.model = m.model',
  values: [],
};

/** Counts the rows under an index entry, up to the limit, or all rows. */
export function countUp(asked: Extract<WantedRows, { wanted: 'count' | 'size' }>): ModelStatement {
  if (asked.wanted === 'size') return ALL_COUNTED;
  const { index, limit, value } = asked;
  const rows = `SELECT count(*)::text FROM (SELECT ${ENTRIES} ${FOUND} LIMIT $3) AS counted`;
  return { rows, values: [entryOf(index, value), limit] };
}
