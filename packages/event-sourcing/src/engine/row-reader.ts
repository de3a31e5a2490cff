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

/** Reads stored rows of one read model. A row whose text is the same as before is not decoded again. */
export class RowReader {
  readonly #definition: ReadModelDefinition<unknown>;
  readonly #store: string;
  readonly #form: StoredForm;
  readonly #decoded = new Lru<string, Decoded>(MOST_ROWS);

  constructor(definition: ReadModelDefinition<unknown>, { store, form }: { store: string; form: StoredForm }) {
    this.#definition = definition;
    this.#store = store;
    this.#form = form;
  }

  /** A row was written: it need not be decoded. */
  wrote({ key, row, text }: EncodedRow<unknown>): void {
    if (text === undefined) this.#decoded.delete(key);
    else this.#decoded.set(key, { row: deepFrozen(row), stored: text });
  }

  /** The row that a stored one stands for, frozen. @throws StoreDamaged when it is not what was written. */
  read(key: string, stored: unknown): unknown {
    if (stored === undefined) return undefined;
    if (this.#form === 'value') return deepFrozen(stored);
    const known = this.#decoded.get(key);
    if (known?.stored === stored) return known.row;
    const text = typeof stored === 'string' ? stored : '';
    const row = deepFrozen(decodeRow(this.#definition, { key, text, store: this.#store }));
    this.#decoded.set(key, { row, stored });
    return row;
  }
}
