import { rowLimitOf, type RowQuery } from '@login-policy/event-sourcing/store';
import { entryOf, keyBytes } from './row-changes.js';

/** Looks an entry of an index up: with its content, or without. */
export function lookUp(
  asked: RowQuery,
  content: string,
  rows: string,
): [statement: string, values: readonly unknown[]] {
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
  const statement = `SELECT e.key, ${content} FROM {schema}.read_model_entries AS e ${rows}
    WHERE e.model = m.model AND e.entry = $2 ${bound(afterKey, '>')} ${bound(beforeKey, '<')}
    ORDER BY ${INDEXED} ${order}, e.key ${order} LIMIT $3`;
  return [statement, values];
}

const INDEXED = 'substring(e.key FROM 1 FOR 500)';
