import type { IndexEntry, KeyedRow } from '../models/projection.js';
import type { RowCount, RowQuery } from '../models/read-model-store.js';
import { compareKeys, entriesBeside, entryName } from '../models/row-query.js';
import { areSame, type EncodedRow } from './stored-row.js';
import type { Position } from '../values/position.js';
import type { ModelId } from './plan.js';

/** The keys an index has under one value; sorted on the first query. */
interface IndexedKeys {
  readonly keys: Set<string>;
  sorted: string[] | undefined;
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

  /** Stores a row, as text if it has one. */
  write({ key, row, text, indexed }: EncodedRow<unknown>): void {
    if (row === undefined) this.rows.delete(key);
    else this.rows.set(key, text ?? row);
    if (indexed !== undefined) this.#index(key, indexed);
  }

  /** @throws RangeError when the limit is out of range. */
  query(query: RowQuery & { readonly limit: number }): readonly KeyedRow<unknown>[] {
    const { limit } = query;
    const indexed = this.#indexes.get(entryName([query.index, query.value]));
    if (indexed === undefined) return [];
    indexed.sorted ??= [...indexed.keys].sort(compareKeys);
    const { afterKey, beforeKey, direction } = query;
    const from = afterKey === undefined ? 0 : firstWhere(indexed.sorted, (key) => compareKeys(key, afterKey) > 0);
    const to =
      beforeKey === undefined
        ? indexed.sorted.length
        : firstWhere(indexed.sorted, (key) => compareKeys(key, beforeKey) >= 0);
    const isBackwards = direction === 'backwards';
    const found = indexed.sorted.slice(
      isBackwards ? Math.max(from, to - limit) : from,
      isBackwards ? to : Math.min(from + limit, to),
    );
    if (isBackwards) found.reverse();
    return found.map((key) => ({ key, row: this.rows.get(key) }));
  }

  /** The number of rows an index has under a value. */
  count({ index, limit, value }: Exclude<RowCount, 'all'> & { readonly limit: number }): number {
    return Math.min(this.#indexes.get(entryName([index, value]))?.keys.size ?? 0, limit);
  }

  #index(key: string, entries: readonly IndexEntry[]): void {
    const before = this.#entries.get(key) ?? NO_ENTRIES;
    if (areSame(entries, before)) return;
    for (const gone of entriesBeside(before, entries)) this.#takeOut(gone, key);
    for (const come of entriesBeside(entries, before)) this.#putIn(come, key);
    if (entries.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, entries);
  }

  #takeOut(gone: IndexEntry, key: string): void {
    const entry = entryName(gone);
    const indexed = this.#indexes.get(entry);
    if (indexed === undefined) return;
    indexed.keys.delete(key);
    indexed.sorted = undefined;
    if (indexed.keys.size === 0) this.#indexes.delete(entry);
  }

  /** Keys added in order, such as those of a log, stay sorted. */
  #putIn(come: IndexEntry, key: string): void {
    const entry = entryName(come);
    const indexed = this.#indexes.get(entry) ?? { keys: new Set(), sorted: undefined };
    const last = indexed.sorted?.at(-1);
    if (last !== undefined && compareKeys(last, key) < 0) indexed.sorted?.push(key);
    else indexed.sorted = undefined;
    indexed.keys.add(key);
    this.#indexes.set(entry, indexed);
  }
}

const NO_ENTRIES: readonly IndexEntry[] = [];

/** The index of the first key for which the condition holds. It must hold for all later keys, too. */
function firstWhere(sorted: readonly string[], isSo: (key: string) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(sorted[middle] ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}
