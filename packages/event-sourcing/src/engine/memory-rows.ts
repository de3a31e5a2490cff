import { compareKeys, entriesBeside, rowLimitOf, type IndexEntry } from '../projections/row-query.js';
import type { KeyedRow, RowCount, RowQuery } from '../projections/read-model-store.js';
import { areSame, type EncodedRow } from '../store/stored-row.js';
import type { Position } from '../streams/position.js';
import type { ModelId } from './view.js';

/** The keys that an index has under one value, in their order once somebody has asked. */
interface IndexedKeys {
  readonly keys: Set<string>;
  sorted: readonly string[] | undefined;
}

/** The rows of one read model in memory, with their indexes. */
export class MemoryRows {
  readonly id: ModelId;
  readonly rows: Map<string, unknown> = new Map();
  checkpoint: Position | undefined;
  readonly #indexes = new Map<string, IndexedKeys>();
  readonly #entries = new Map<string, readonly IndexEntry[]>();

  constructor(id: ModelId) {
    this.id = id;
  }

  /** Keeps a row, as text where there is one. */
  write({ key, row, text, indexed }: EncodedRow<unknown>): void {
    if (row === undefined) this.rows.delete(key);
    else this.rows.set(key, text ?? row);
    if (indexed !== undefined) this.#index(key, indexed);
  }

  /** @throws RangeError when the limit is out of its range. */
  query(query: RowQuery): readonly KeyedRow<unknown>[] {
    const limit = rowLimitOf(query);
    const indexed = this.#indexes.get(entryOf(query.index, query.value));
    if (indexed === undefined) return [];
    indexed.sorted ??= [...indexed.keys].sort(compareKeys);
    const from = query.afterKey === undefined ? 0 : placeAfter(indexed.sorted, query.afterKey);
    return indexed.sorted.slice(from, from + limit).map((key) => ({ key, row: this.rows.get(key) }));
  }

  /** How many rows an index has under a value. */
  count({ index, value }: RowCount): number {
    return this.#indexes.get(entryOf(index, value))?.keys.size ?? 0;
  }

  #index(key: string, entries: readonly IndexEntry[]): void {
    const before = this.#entries.get(key) ?? NO_ENTRIES;
    if (areSame(entries, before)) return;
    for (const gone of entriesBeside(before, entries)) this.#change(gone, (keys) => keys.delete(key));
    for (const come of entriesBeside(entries, before)) this.#change(come, (keys) => keys.add(key));
    if (entries.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, entries);
  }

  #change([index, value]: IndexEntry, change: (keys: Set<string>) => unknown): void {
    const entry = entryOf(index, value);
    const indexed = this.#indexes.get(entry) ?? { keys: new Set(), sorted: undefined };
    indexed.sorted = undefined;
    change(indexed.keys);
    if (indexed.keys.size === 0) this.#indexes.delete(entry);
    else this.#indexes.set(entry, indexed);
  }
}

const NO_ENTRIES: readonly IndexEntry[] = [];

function entryOf(index: string, value: string): string {
  return `${index.length} ${index}${value}`;
}

/** Where the keys after this one begin. */
function placeAfter(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(sorted[middle] ?? '', key) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
