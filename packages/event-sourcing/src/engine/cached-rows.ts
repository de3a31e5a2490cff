import type { RowsAt } from '../projections/read-model-store.js';
import { Lru } from '../store/lru.js';

const MOST_ROWS = 20_000;

/** Tells whether anything was written since rows were read. */
interface Since {
  /** Changes with the writes of others. */
  readonly token: unknown;
  /** Changes with each write through this store. */
  readonly writeCount: number | undefined;
}

type Found<Row> = Required<RowsAt<ReadonlyMap<string, Row>>>;

/** A cache of recently read rows of one read model, valid until the next write. */
export class CachedRows<Row> {
  #since: Since | undefined;
  #at: Omit<Found<Row>, 'rows'> | undefined;
  #rows = new Lru<string, { readonly row: Row | undefined }>(MOST_ROWS);

  /** The rows under these keys, if all of them are cached and valid. */
  rowsOf(
    keys: readonly string[],
    { writeCount, isCurrent }: Pick<Since, 'writeCount'> & { readonly isCurrent: (token: unknown) => boolean },
  ): Found<Row> | undefined {
    if (this.#since === undefined || this.#at === undefined || this.#since.writeCount !== writeCount) return undefined;
    const rows = new Map<string, Row>();
    for (const key of keys) {
      const cached = this.#rows.get(key);
      if (cached === undefined) return undefined;
      if (cached.row !== undefined) rows.set(key, cached.row);
    }
    // Asked last, because it costs more than all the rest, and a row that is missing is looked up anyway.
    return isCurrent(this.#since.token) ? { ...this.#at, rows } : undefined;
  }

  /** Caches the rows that were read. */
  add(keys: readonly string[], { rows, ...at }: Found<Row>, since: Since): void {
    const isSame = this.#since?.token === since.token && this.#since?.writeCount === since.writeCount;
    if (!isSame) this.#rows = new Lru(MOST_ROWS);
    this.#since = since;
    this.#at = at;
    for (const key of keys) this.#rows.set(key, { row: rows.get(key) });
  }
}
