import { deepFrozen } from '../deep-frozen.js';
import type { ReadModelDefinition } from '../projections/projection.js';
import { Lru } from '../store/lru.js';
import { decodeRow, type EncodedRow } from '../store/stored-row.js';
import type { StoredForm } from './plan-appends.js';

const MOST_ROWS = 20_000;

interface Decoded {
  readonly row: unknown;
  readonly stored: unknown;
}

/** Decodes stored rows of one read model. Caches the result while a row's text stays the same. */
export class RowDecoder {
  readonly #definition: ReadModelDefinition<unknown>;
  readonly #store: string;
  readonly form: StoredForm;
  readonly #decoded = new Lru<string, Decoded>(MOST_ROWS);

  constructor(definition: ReadModelDefinition<unknown>, { store, form }: { store: string; form: StoredForm }) {
    this.#definition = definition;
    this.#store = store;
    this.form = form;
  }

  /** A decoder with a cache of its own, for the rows of a rebuild. */
  forRebuild(): RowDecoder {
    return new RowDecoder(this.#definition, { store: this.#store, form: this.form });
  }

  /** Caches a written row, which then needs no decoding. */
  cacheWritten({ key, row, text }: EncodedRow<unknown>): void {
    if (text === undefined) this.#decoded.delete(key);
    else this.#decoded.set(key, { row: deepFrozen(row), stored: text });
  }

  /** The decoded row, frozen. @throws StoreDamaged when it is malformed. */
  decode(key: string, stored: unknown): unknown {
    if (stored === undefined) return undefined;
    if (this.form === 'value') return deepFrozen(stored);
    const cached = this.#decoded.get(key);
    if (cached?.stored === stored) return cached.row;
    const text = typeof stored === 'string' ? stored : '';
    const row = deepFrozen(decodeRow(this.#definition, { key, text, store: this.#store }));
    this.#decoded.set(key, { row, stored });
    return row;
  }
}
