import { deepFrozen } from '../values/deep-frozen.js';
import type { ReadModelDefinition } from '../models/projection.js';
import { Lru } from '../values/lru.js';
import { decodeRow, type EncodedRow, type LookedUpRow, type StoredForm } from './stored-row.js';

const MOST_ROWS = 20_000;

interface CachedRow extends LookedUpRow<unknown> {
  /** The text that it was decoded from, or written as. */
  readonly stored: unknown;
  /** The epoch of the {@link LogCache} in which it was current; 0 for a row that was only decoded. */
  readonly epoch: number;
}

/**
 * The cached rows of one read model, decoded and frozen. A row is believed without a look in the epoch that it belongs
 * to. After that it only saves decoding, while the stored text is the same.
 */
export class CachedRows {
  readonly #definition: ReadModelDefinition<unknown>;
  readonly #store: string;
  readonly form: StoredForm;
  readonly #rows = new Lru<string, CachedRow>(MOST_ROWS);

  constructor(definition: ReadModelDefinition<unknown>, { store, form }: { store: string; form: StoredForm }) {
    this.#definition = definition;
    this.#store = store;
    this.form = form;
  }

  /** An empty cache, for the rows of a rebuild. */
  forRebuild(): CachedRows {
    return new CachedRows(this.#definition, { store: this.#store, form: this.form });
  }

  /** The decoded row. @throws StoreDamaged when it is malformed. */
  decode(key: string, stored: unknown): unknown {
    if (stored === undefined) return undefined;
    if (this.form === 'value') return deepFrozen(stored);
    const cached = this.#rows.get(key);
    if (cached?.stored === stored) return cached.row;
    const text = typeof stored === 'string' ? stored : '';
    const row = deepFrozen(decodeRow(this.#definition, { key, text, store: this.#store }));
    this.#rows.set(key, { row, stored, epoch: 0 });
    return row;
  }

  /** The row under a key, if it is current in this epoch. */
  current(key: string, epoch: number): LookedUpRow<unknown> | undefined {
    const cached = this.#rows.get(key);
    return cached?.epoch === epoch ? cached : undefined;
  }

  /** Caches a row that was looked up. */
  noteFound(key: string, { row, entries }: LookedUpRow<unknown>, epoch: number): void {
    const cached = this.#rows.get(key);
    // Not that of another row, which was decoded under this key before.
    const stored = cached?.row === row ? cached?.stored : undefined;
    this.#rows.set(key, {
      row,
      entries: entries ?? (cached?.row === row ? cached?.entries : undefined),
      stored,
      epoch,
    });
  }

  /** Caches a row that was written, which then needs no decoding. */
  noteWritten({ key, row, entries, text }: EncodedRow<unknown>, epoch: number): void {
    this.#rows.set(key, { row: deepFrozen(row), entries, stored: text, epoch });
  }
}
