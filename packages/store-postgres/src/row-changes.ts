import type { EncodedRow, IndexEntry } from '@login-policy/event-sourcing/store';
import { digest } from './names.js';
import { arrayOf, type Cell } from './queries.js';

/** What `write_rows_v9` takes a row away by: no JSON. */
const GONE = '-';

/** Rows column by column, as `write_rows_v9` takes them: those that are found by something else from now on come first. */
export function rowColumns(rows: readonly EncodedRow<unknown>[]): readonly [keys: Cell, contents: Cell, entries: Cell] {
  return [
    arrayOf(rows.map(({ key }) => keyElement(key))),
    rows.length === 0 ? null : rows.map(({ text = GONE }) => text).join('\n'),
    arrayOf(rows.flatMap(({ indexed }) => (indexed === undefined ? [] : [entriesElement(indexed)]))),
  ];
}

/** A key among others in an array. */
export function keyElement(key: string): string {
  return bytesElement(keyBytes(key).toString('hex'));
}

function entriesElement(indexed: readonly IndexEntry[]): string {
  return bytesElement(indexed.map(([index, value]) => entryOf(index, value).toString('hex')).join(''));
}

/** Bytes as an array of the server's has them. */
function bytesElement(hexadecimal: string): string {
  return `"\\\\x${hexadecimal}"`;
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

/** What `take_step_v9` answers when the read model is gone, or another has taken its place. */
export const REPLACED = 'replaced';
