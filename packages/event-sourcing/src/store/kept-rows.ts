import { deepFrozen } from '../deep-frozen.js';
import type { ReadModelDefinition } from '../projections/projection.js';
import { Lru } from './lru.js';
import { decodeRow } from './stored-row.js';

const MOST_ROWS = 10_000;

/** A row that was read or written here; without one there is none under its key. */
interface Kept<Row> {
  readonly row: Row | undefined;
  readonly text: string | undefined;
  /** When that was: since then nobody else wrote, as long as it is the moment still. */
  readonly moment: symbol;
}

/**
 * The rows of one read model that were used last: none is decoded again as long as its text is the same, and where a store can tell that
 * nobody else wrote since, none is even looked up.
 */
export class KeptRows<Row> {
  readonly #definition: ReadModelDefinition<Row>;
  /** What faults say. */
  readonly store: string;
  readonly #rows: Lru<string, Kept<Row>>;
  readonly #keepsNone: boolean;
  #moment = Symbol('moment');

  /** `most` is how many rows are kept, 10,000 or fewer, or none. */
  constructor(definition: ReadModelDefinition<Row>, store: string, most: number = MOST_ROWS) {
    this.#definition = definition;
    this.store = store;
    this.#rows = new Lru(Math.max(1, most));
    this.#keepsNone = most === 0;
  }

  /** The row under a key, if that is known without looking: nobody wrote since it was read or written here. */
  current(key: string): { readonly row: Row | undefined } | undefined {
    const kept = this.#rows.get(key);
    return kept?.moment === this.#moment ? kept : undefined;
  }

  /** The row that a stored text stands for; `undefined`: there is none. @throws StoreDamaged when it is not what was written. */
  read(key: string, text: string | undefined): Row | undefined {
    if (text !== undefined) return this.decoded(key, text);
    this.written(key, undefined, undefined);
    return undefined;
  }

  /** {@link read} for a row that is there. */
  decoded(key: string, text: string): Row {
    const kept = this.#rows.get(key);
    const same = kept?.text === text ? kept.row : undefined;
    if (same !== undefined && kept?.moment === this.#moment) return same;
    const row = same ?? decodeRow(this.#definition, { key, text, store: this.store });
    this.written(key, row, text);
    return row;
  }

  /** What was read or written here under a key. */
  written(key: string, row: Row | undefined, text: string | undefined): void {
    if (this.#keepsNone) return;
    this.#rows.set(key, { row: deepFrozen(row), text, moment: this.#moment });
  }

  /** Somebody else may have written: every row is looked up again. */
  renew(): void {
    this.#moment = Symbol('moment');
  }
}
