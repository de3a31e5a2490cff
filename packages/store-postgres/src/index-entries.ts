import { rowLimitOf, type RowQuery } from '@login-policy/event-sourcing/store';
import { entryOf, keyBytes } from './row-changes.js';

/** Looks an entry of an index up: with its content, or without. */
export function lookUp(
  asked: RowQuery,
  content: string,
  rows: string,
): [statement: string, values: readonly unknown[]] {
  const { index, value, afterKey } = asked;
  const after = afterKey === undefined ? [] : [keyBytes(afterKey)];
  const statement = `SELECT e.key, ${content} FROM {schema}.read_model_entries AS e ${rows}
    WHERE e.model = m.model AND e.entry = $2
    ${after.length === 0 ? '' : 'AND substring(e.key FROM 1 FOR 500) >= substring($4::bytea FROM 1 FOR 500) AND e.key > $4'}
    ORDER BY substring(e.key FROM 1 FOR 500), e.key LIMIT $3`;
  return [statement, [entryOf(index, value), rowLimitOf(asked), ...after]];
}
