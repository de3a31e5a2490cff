import { StoreDamaged } from '../faults.js';
import { modelName, rowText, type ReadModelDefinition } from '../projections/projection.js';
import { indexEntries, type IndexEntry } from '../projections/row-query.js';
import { parseJson } from '../streams/json.js';

/** A row as a store of text has it. */
export interface StoredRow {
  readonly key: string;
  readonly text: string;
  /** The store, for the fault to say. */
  readonly store: string;
}

/** Reads a stored row of a read model. @throws StoreDamaged when it is not what was written. */
export function decodeRow<Row>(definition: ReadModelDefinition<Row>, { key, text, store }: StoredRow): Row {
  try {
    return definition.rows.decode(parseJson(text));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const problem = `row ${JSON.stringify(key)} of read model ${modelName(definition)} can't be read (${why})`;
    throw new StoreDamaged({ store, problem, remedy: 'a rebuild mends it' }, cause);
  }
}

/** A row as it is stored now. */
export interface KnownRow<Row> {
  /** `undefined`: there is none. */
  readonly row: Row | undefined;
  /** By what it is found, where that was computed already. */
  readonly entries?: readonly IndexEntry[] | undefined;
}

/** A row as a store of text writes it. */
export interface EncodedRow<Row> {
  readonly key: string;
  /** `undefined` takes the row away. */
  readonly row: Row | undefined;
  /** By what it is found once it is written. */
  readonly entries: readonly IndexEntry[];
  /** JSON, where rows are kept as text. Without a row there is none. */
  readonly text: string | undefined;
  /** By what it is found from now on; `undefined`: by what it was found by before. */
  readonly indexed: readonly IndexEntry[] | undefined;
  /** By what it was found before, where that is known. */
  readonly indexedBefore: readonly IndexEntry[] | undefined;
}

/** How rows are encoded. */
export interface RowEncoding<Row> {
  /** The row that is stored now under a key, where that is known. */
  readonly before?: ((key: string) => KnownRow<Row> | undefined) | undefined;
  /** JSON text, which is the default, or the row itself. */
  readonly form?: 'text' | 'value';
}

/** What has to be written for these rows. What a row can't be encoded by is thrown here, before anything is written. */
export function encodedRows<Row>(
  definition: ReadModelDefinition<Row>,
  rows: ReadonlyMap<string, Row | undefined>,
  { before, form = 'text' }: RowEncoding<Row> = {},
): readonly EncodedRow<Row>[] {
  const entriesOf = (row: Row | undefined): readonly IndexEntry[] =>
    row === undefined ? NO_ENTRIES : indexEntries(definition, row);
  const encoded: EncodedRow<Row>[] = [];
  for (const [key, row] of rows) {
    const entries = entriesOf(row);
    const text = row === undefined || form === 'value' ? undefined : rowText(definition, row);
    // Where rows are values, the backend has the entries of the row before.
    const known = form === 'value' ? undefined : before?.(key);
    const indexedBefore = known && (known.entries ?? entriesOf(known.row));
    const isSame = row !== undefined && indexedBefore !== undefined && areSame(entries, indexedBefore);
    encoded.push({ key, row, text, entries, indexed: isSame ? undefined : entries, indexedBefore });
  }
  return encoded;
}

const NO_ENTRIES: readonly IndexEntry[] = [];

/** Whether entries are the same, and in the same order. */
export function areSame(entries: readonly IndexEntry[], others: readonly IndexEntry[]): boolean {
  return (
    entries.length === others.length &&
    entries.every(([name, value], place) => others[place]?.[0] === name && others[place][1] === value)
  );
}
