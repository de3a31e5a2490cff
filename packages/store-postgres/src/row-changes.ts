import { indexEntries, type IndexEntry, type ReadModelDefinition } from '@login-policy/event-sourcing/store';
import { digest } from './names.js';

/** A row that changes, as `write_rows_v8` takes it. */
export interface RowChange {
  /** Its bytes in hexadecimal. */
  readonly key: string;
  /** JSON; `null` takes the row away. */
  readonly content: string | null;
  /** By which digests it is found from now on. */
  readonly entries: readonly string[];
}

/** The changes of rows, for `write_rows_v8`: each key with its new row and the digests it is found by. */
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

/** The entries of one row that are not among those of another, as their columns hold them. */
export function entriesBeside<Row>(
  definition: ReadModelDefinition<Row>,
  row: Row | undefined,
  other: Row | undefined,
): readonly string[] {
  const others = entriesOf(definition, other);
  return entriesOf(definition, row)
    .filter(([index, value]) => !others.some((one) => one[0] === index && one[1] === value))
    .map(([index, value]) => entryOf(index, value).toString('hex'));
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

/** What `take_step_v8` answers when the read model is gone, or another has taken its place. */
export const REPLACED = 'replaced';

function entriesOf<Row>(definition: ReadModelDefinition<Row>, row: Row | undefined): readonly IndexEntry[] {
  return row === undefined ? [] : indexEntries(definition, row);
}
