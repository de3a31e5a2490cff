import { Fault } from '../values/fault.js';
import {
  indexEntries,
  keptRow,
  modelName,
  rowText,
  type IndexEntry,
  type KeptRow,
  type ReadModelDefinition,
} from '../models/projection.js';
import { parseJson, demandText } from '../streams/json.js';
import { deepFrozen } from '../values/deep-frozen.js';
import { Lru } from '../values/lru.js';

/** How a backend stores rows: as JSON text beside their index entries, or as JavaScript values. */
export type StoredForm = 'text' | 'value';

/** A row as a text store returns it. */
export interface StoredRow {
  readonly key: string;
  readonly text: string;
  /** The store's name, for faults. */
  readonly store: string;
}

/** Decodes a stored row of a read model. @throws StoreDamaged when it is malformed. */
export function decodeRow<Row>(definition: ReadModelDefinition<Row>, { key, text, store }: StoredRow): Row {
  try {
    return definition.rows.decode(parseJson(text));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const problem = `row ${JSON.stringify(key)} of read model ${modelName(definition)} can't be read (${why})`;
    throw new Fault('store-damaged', { store, problem, remedy: 'rebuild the read model' }, cause);
  }
}

/** The result of looking up a stored row. */
export interface LookedUpRow<Row> {
  /** `undefined`: there is no row. */
  readonly row: Row | undefined;
  /** Its index entries, if they were computed already. */
  readonly entries?: readonly IndexEntry[] | undefined;
}

/** A row as a text store writes it. */
export interface EncodedRow<Row> {
  readonly key: string;
  /** `undefined` removes the row. */
  readonly row: Row | undefined;
  /** Its index entries once it is written. */
  readonly entries: readonly IndexEntry[];
  /** Its JSON, in a text store; `undefined` without a row. */
  readonly text: string | undefined;
  /** Its new index entries; `undefined` when they do not change. */
  readonly indexed: readonly IndexEntry[] | undefined;
  /** Its previous index entries, where they are known. */
  readonly indexedBefore: readonly IndexEntry[] | undefined;
}

/** How rows are encoded. */
export interface RowEncoding<Row> {
  /** The currently stored row under a key, where it is known. */
  readonly stored?: ((key: string) => LookedUpRow<Row> | undefined) | undefined;
  readonly form: StoredForm;
}

/**
 * What to write for these rows, each as it was checked or will be here. A row that can't be encoded throws, before
 * anything is written.
 *
 * @throws UnserialisableData for a row that is not encoded as JSON, and for a key or an index that is not Unicode text:
 * two of them could be one in a store.
 */
export function encodedRows<Row>(
  definition: ReadModelDefinition<Row>,
  rows: ReadonlyMap<string, KeptRow<Row> | undefined>,
  { stored, form }: RowEncoding<Row>,
): readonly EncodedRow<Row>[] {
  const encoded: EncodedRow<Row>[] = [];
  for (const [key, given] of rows) {
    demandText('key', key);
    const kept = given === undefined || given.entries !== undefined ? given : demandKept(definition, key, given.row);
    const row = kept?.row;
    const newEntries = kept?.entries ?? NO_ENTRIES;
    // A backend of values has the entries of the previous row itself.
    const known = form === 'value' ? undefined : stored?.(key);
    const indexedBefore = known && (known.entries ?? entriesOf(definition, known.row));
    const isSame = row !== undefined && indexedBefore !== undefined && areSame(newEntries, indexedBefore);
    const entries = isSame ? indexedBefore : newEntries;
    const text =
      form === 'value' || kept === undefined ? undefined : (kept.text ?? demandRowText(definition, key, kept.row));
    encoded.push({ key, row, text, entries, indexed: isSame ? undefined : entries, indexedBefore });
  }
  return encoded;
}

function entriesOf<Row>(definition: ReadModelDefinition<Row>, row: Row | undefined): readonly IndexEntry[] {
  return row === undefined ? NO_ENTRIES : indexEntries(definition, row);
}

/** {@link keptRow}. @throws UnserialisableData that names the read model and the row. */
function demandKept<Row>(definition: ReadModelDefinition<Row>, key: string, row: Row): KeptRow<Row> {
  try {
    return keptRow(definition, row);
  } catch (cause) {
    throw unserialisable(definition, key, cause);
  }
}

/** {@link rowText}, likewise. */
function demandRowText<Row>(definition: ReadModelDefinition<Row>, key: string, row: Row): string {
  try {
    return rowText(definition, row);
  } catch (cause) {
    throw unserialisable(definition, key, cause);
  }
}

function unserialisable<Row>(
  definition: ReadModelDefinition<Row>,
  key: string,
  cause: unknown,
): Fault<'unserialisable-data'> {
  const problem = cause instanceof Error ? cause.message : String(cause);
  const path = `row ${JSON.stringify(key)} of read model ${modelName(definition)}`;
  return new Fault('unserialisable-data', { path, problem }, cause);
}

const NO_ENTRIES: readonly IndexEntry[] = [];

/** Whether two lists hold the same entries in the same order. */
export function areSame(entries: readonly IndexEntry[], others: readonly IndexEntry[]): boolean {
  return (
    entries.length === others.length &&
    entries.every(([name, value], place) => others[place]?.[0] === name && others[place][1] === value)
  );
}

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
