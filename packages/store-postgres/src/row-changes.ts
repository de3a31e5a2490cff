import { Lru } from '@login-policy/event-sourcing';
import { entriesBeside, type Plan } from '@login-policy/event-sourcing/store';
import { digest } from './names.js';
import { arrayOf, type Cell } from './queries.js';

type EncodedRow = Plan['models'][number]['rows'][number];

type Entries = NonNullable<EncodedRow['indexed']>;

/** A changed row, and the number of its read model. */
export interface RowChange {
  readonly model: string;
  readonly row: EncodedRow;
}

/**
 * Rows column by column, as the writing functions take them: first the removed rows and their number, then rows with
 * changed index entries, with the added and removed entries. `null` for the removed ones means all except the added.
 */
export function rowColumns(changes: readonly RowChange[]): readonly [models: Cell, ...rows: readonly Cell[]] {
  const [models, keys, texts]: [string[], string[], string[]] = [[], [], []];
  const reindexed: (readonly [indexed: Entries, before: Entries | undefined])[] = [];
  for (const { model, row } of changes.length > 1 ? changes.toSorted(byRank) : changes) {
    models.push(model);
    keys.push(keyElement(row.key));
    if (row.text !== undefined) texts.push(lineOf(row.text));
    if (row.indexed !== undefined) reindexed.push([row.indexed, row.indexedBefore]);
  }
  const [added, removed]: [string[], string[]] = [[], []];
  // Without the previous entries, the function removes all entries that are not in the list of the added ones.
  const isPreviousKnown = reindexed.every(([, before]) => before !== undefined);
  for (const [indexed, before = []] of reindexed) {
    added.push(entriesElement(indexed, isPreviousKnown ? before : []));
    removed.push(entriesElement(before, indexed));
  }
  return [
    arrayOf(models),
    String(changes.length - texts.length),
    arrayOf(keys),
    texts.length === 0 ? null : texts.join('\n'),
    arrayOf(added),
    isPreviousKnown ? arrayOf(removed) : null,
  ];
}

/** JSON on one line: a projection may make its text on several. Within a string, JSON has no line breaks. */
function lineOf(text: string): string {
  return text.includes('\n') ? text.replaceAll('\n', ' ') : text;
}

function byRank(one: RowChange, other: RowChange): number {
  return rankOf(one) - rankOf(other);
}

function rankOf({ row: { text, indexed } }: RowChange): number {
  if (text === undefined) return 0;
  return indexed === undefined ? 2 : 1;
}

/** {@link rowColumns} without the column of read models, for rows of one. */
export function stepColumns(rows: readonly EncodedRow[]): readonly Cell[] {
  return rowColumns(rows.map((row) => ({ model: '', row }))).slice(1);
}

/** A key as an element of an array. */
export function keyElement(key: string): string {
  return bytesElement(keyBytes(key).toString('hex'));
}

/** The digest of a key as an element of an array. */
export function digestElement(key: string): string {
  return bytesElement(digest(keyBytes(key)).toString('hex'));
}

/** The digests of the entries that the other list does not have. */
function entriesElement(entries: Entries, others: Entries): string {
  let digests = '';
  for (const entry of entriesBeside(entries, others)) digests += digestOfEntry(entry);
  return bytesElement(digests);
}

/** A cache of the digests of recent entries, in hexadecimal: up to a million characters with the entries. */
const recentDigests = new Lru<string, { readonly entry: string; readonly digest: string }>(
  1_000_000,
  ({ entry, digest: hexadecimal }) => entry.length + hexadecimal.length,
);

/** Cached, because rows share most entries, and a digest takes longer than a look-up. */
function digestOfEntry([index, value]: Entries[number]): string {
  const entry = JSON.stringify([index, value]);
  const recent = recentDigests.get(entry);
  if (recent !== undefined) return recent.digest;
  const computed = { entry, digest: digest(entry).toString('hex') };
  recentDigests.set(entry, computed);
  return computed.digest;
}

/** Bytes as an element of a PostgreSQL array. */
function bytesElement(hexadecimal: string): string {
  return `"\\\\x${hexadecimal}"`;
}

/** A key as its column holds it: bytes, whose order is the port's. */
export function keyBytes(key: string): Buffer {
  return Buffer.from(key);
}

/** The key from the server's `encode`: the default output format depends on a setting of the role. */
export function keyOfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString();
}

/** The digest of an index entry. */
export function entryOf(index: string, value: string): Buffer {
  return digest(JSON.stringify([index, value]));
}

/** The result of `advance_read_model` when the read model was replaced or does not exist. */
export const REPLACED = 'replaced';
/** The result when earlier steps are missing. */
export const STEPS_LOST = 'steps lost';
