import { entriesBeside, type EncodedRow, type IndexEntry } from '@login-policy/event-sourcing/store';
import { digest } from './names.js';
import { arrayOf, type Cell } from './queries.js';

/** A row that changes, of the read model of a number. */
export interface RowChange {
  readonly model: string;
  readonly row: EncodedRow<unknown>;
}

/**
 * Rows column by column, as the functions that write take them: first those that go, and how many those are, then those that are found by something else from now
 * on, with what comes and what goes of that. `null` for what goes is all but what comes.
 */
export function rowColumns(changes: readonly RowChange[]): readonly [models: Cell, ...rows: readonly Cell[]] {
  const inOrder = changes.toSorted((one, other) => rankOf(one) - rankOf(other));
  const texts = inOrder.flatMap(({ row: { text } }) => text ?? []);
  const renewed = inOrder.flatMap(({ row: { indexed, indexedBefore } }) =>
    indexed === undefined ? [] : [{ indexed, indexedBefore }],
  );
  const isKnown = renewed.every(({ indexedBefore }) => indexedBefore !== undefined);
  return [
    arrayOf(inOrder.map(({ model }) => model)),
    String(inOrder.length - texts.length),
    arrayOf(inOrder.map(({ row }) => keyElement(row.key))),
    texts.length === 0 ? null : texts.join('\n'),
    arrayOf(renewed.map(({ indexed, indexedBefore = [] }) => entriesElement(indexed, indexedBefore))),
    isKnown ? arrayOf(renewed.map(({ indexed, indexedBefore = [] }) => entriesElement(indexedBefore, indexed))) : null,
  ];
}

function rankOf({ row: { text, indexed } }: RowChange): number {
  if (text === undefined) return 0;
  return indexed === undefined ? 2 : 1;
}

/** {@link rowColumns} of one read model, which the function knows. */
export function stepColumns(rows: readonly EncodedRow<unknown>[]): readonly Cell[] {
  return rowColumns(rows.map((row) => ({ model: '', row }))).slice(1);
}

/** A key among others in an array. */
export function keyElement(key: string): string {
  return bytesElement(keyBytes(key).toString('hex'));
}

/** The entries that are not among the others, one behind another. */
function entriesElement(entries: readonly IndexEntry[], others: readonly IndexEntry[]): string {
  return bytesElement(
    entriesBeside(entries, others)
      .map(([index, value]) => entryOf(index, value).toString('hex'))
      .join(''),
  );
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

/** What `take_step_v10` answers when the read model is gone, or another has taken its place. */
export const REPLACED = 'replaced';
/** What it answers when the slices before it are not those that were written. */
export const SLICES_LOST = 'slices lost';
