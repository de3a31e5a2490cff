import { indexEntries, type IndexEntry, type ReadModelDefinition } from '@login-policy/event-sourcing/store';
import { digest } from './names.js';

/** A row that changes, as `write_rows_v7` takes it. */
export interface RowChange {
  /** Its bytes in hexadecimal. */
  readonly key: string;
  /** JSON; `null` takes the row away. */
  readonly content: string | null;
  /** By which digests it is found from now on. */
  readonly entries: readonly string[];
}

/** The changes of rows, for `write_rows_v7`: each key with its new row and the digests it is found by. */
export function rowChanges<Row>(
  definition: ReadModelDefinition<Row>,
  rows: ReadonlyMap<string, Row | undefined>,
): readonly RowChange[] {
  return Array.from(rows, ([key, row]) => rowChange(definition, key, row));
}

/** {@link rowChanges} of one row. */
export function rowChange<Row>(definition: ReadModelDefinition<Row>, key: string, row: Row | undefined): RowChange {
  return {
    key: keyBytes(key).toString('hex'),
    content: row === undefined ? null : contentOf(definition, row),
    entries: entriesOf(definition, row).map(([index, value]) => entryOf(index, value).toString('hex')),
  };
}

/** A row as its column holds it. */
export function contentOf<Row>(definition: ReadModelDefinition<Row>, row: Row): string {
  return JSON.stringify(definition.rows.encode(row));
}

/** Whether two rows are found by the same entries. */
export function isFoundAlike<Row>(definition: ReadModelDefinition<Row>, before: Row, after: Row): boolean {
  const [left, right] = [entriesOf(definition, before), entriesOf(definition, after)];
  return (
    left.length === right.length &&
    left.every(([index, value], place) => right[place]?.[0] === index && right[place][1] === value)
  );
}

/** A key as its column holds it: bytes, which compare as the port wants it and may be any. */
export function keyBytes(key: string): Buffer {
  return Buffer.from(key);
}

/** The key whose bytes the server wrote by `encode`: what it does by itself depends on a setting of the role. */
export function keyOfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString();
}

/** By what rows of one value of an index are found. */
export function entryOf(index: string, value: string): Buffer {
  return digest(JSON.stringify([index, value]));
}

/** What `take_step_v7` answers when the read model is gone, or another has taken its place. */
export const REPLACED = 'replaced';

function entriesOf<Row>(definition: ReadModelDefinition<Row>, row: Row | undefined): readonly IndexEntry[] {
  return row === undefined ? [] : indexEntries(definition, row);
}
