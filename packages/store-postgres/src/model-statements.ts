import { rowLimitOf, type RowCount, type WantedRows } from '@login-policy/event-sourcing/store';
import { entryOf, keyBytes } from './row-changes.js';

/** A statement on the read model `m`, and its parameters from $2 on. */
export interface ModelStatement {
  readonly rows: string;
  readonly values: readonly unknown[];
}

const ENTRIES = 'FROM {schema}.read_model_entries AS e';
const FOUND = 'WHERE e.model = m.model AND e.entry = $2';
const AFTER = 'AND substring(e.key FROM 1 FOR 500) >= substring($4::bytea FROM 1 FOR 500) AND e.key > $4';
const IN_ORDER = 'ORDER BY substring(e.key FROM 1 FOR 500), e.key LIMIT $3';
const ROWS = `SELECT encode(e.key, 'hex'), r.content::text ${ENTRIES}
  JOIN {schema}.read_model_rows AS r ON r.model = e.model AND r.digest = e.digest ${FOUND}`;
const KEYS = `SELECT encode(e.key, 'hex') ${ENTRIES} ${FOUND}`;
const LOOK_UPS = {
  rows: { first: `${ROWS} ${IN_ORDER}`, further: `${ROWS} ${AFTER} ${IN_ORDER}` },
  keys: { first: `${KEYS} ${IN_ORDER}`, further: `${KEYS} ${AFTER} ${IN_ORDER}` },
} as const;

/** Looks an entry of an index up: key and content, or keys alone. @throws RangeError when the limit is out of its range. */
export function lookUp({ wanted, ...asked }: WantedRows): ModelStatement {
  const { index, value, afterKey } = asked;
  const { first, further } = LOOK_UPS[wanted];
  const values = [entryOf(index, value), rowLimitOf(asked)];
  return afterKey === undefined ? { rows: first, values } : { rows: further, values: [...values, keyBytes(afterKey)] };
}

/** Counts the rows under an entry of an index. */
export function countUp({ index, value }: RowCount): ModelStatement {
  return { rows: `SELECT count(*)::text ${ENTRIES} ${FOUND}`, values: [entryOf(index, value)] };
}
