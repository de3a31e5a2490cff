import { indexEntries, type ReadModelDefinition } from '@login-policy/event-sourcing/store';
import { digest } from './names.js';

/** A row that changes, as `write_rows` takes it. */
export interface RowChange {
  /** Its bytes in hexadecimal. */
  readonly key: string;
  /** JSON; `null` takes the row away. */
  readonly content: string | null;
  /** By which digests it is found from now on; `null`: by the same as before. */
  readonly entries: readonly string[] | null;
}

/**
 * The changes of rows, for `write_rows`: each key with its new row and the digests it is found by. Where the rows before are known,
 * digests that stay are left out.
 */
export function rowChanges<Row>(
  definition: ReadModelDefinition<Row>,
  rows: ReadonlyMap<string, Row | undefined>,
  before?: ReadonlyMap<string, Row | undefined>,
): readonly RowChange[] {
  return [...rows].map(([key, row]) => {
    const entries = entriesOf(definition, row);
    const isIndexedAsBefore = before?.has(key) === true && sameEntries(entries, entriesOf(definition, before.get(key)));
    return {
      key: keyBytes(key).toString('hex'),
      content: row === undefined ? null : JSON.stringify(definition.rows.encode(row)),
      entries: isIndexedAsBefore ? null : entries,
    };
  });
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

/** What `take_step` answers when the read model is gone, or another has taken its place. */
export const REPLACED = 'replaced';

function entriesOf<Row>(definition: ReadModelDefinition<Row>, row: Row | undefined): readonly string[] {
  if (row === undefined) return [];
  return indexEntries(definition, row).map(([index, value]) => entryOf(index, value).toString('hex'));
}

function sameEntries(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((entry, place) => entry === right[place]);
}
