import { Fault } from '../values/fault.js';
import {
  type CheckedDefinition,
  type IndexEntry,
  keptRow,
  type KeptRow,
  modelName,
  type ReadModelDefinition,
} from '../models/projection.js';
import { indexEntries } from '../models/row-query.js';
import { parseJson } from '../streams/json.js';
import { demandText } from '../store/demand-text.js';

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
  /** JSON text (the default) or the row itself. */
  readonly form?: 'text' | 'value';
}

/**
 * What to write for these rows. A row that can't be encoded throws here, before anything is written.
 *
 * @throws UnserialisableData for a row that is not encoded as JSON, and for a key or an index that is not Unicode text:
 * two of them could be one in a store.
 */
export function encodedRows<Row>(
  definition: CheckedDefinition<Row>,
  rows: ReadonlyMap<string, Row | undefined>,
  { stored, form = 'text' }: RowEncoding<Row> = {},
): readonly EncodedRow<Row>[] {
  const entriesOf = (row: Row | undefined): readonly IndexEntry[] =>
    row === undefined ? NO_ENTRIES : (definition.entries?.(row) ?? indexEntries(definition, row));
  const encoded: EncodedRow<Row>[] = [];
  for (const [key, given] of rows) {
    demandText('key', key);
    // A store of values refuses what one of texts refuses; rows of a projection with `entries` were checked before.
    const isChecked = form === 'value' && definition.entries !== undefined;
    const kept = given === undefined || isChecked ? undefined : demandKept(definition, key, given);
    const row = definition.entries === undefined ? kept?.row : given;
    const newEntries = entriesOf(row);
    const text = form === 'value' ? undefined : kept?.text;
    // A backend of values has the entries of the previous row itself.
    const known = form === 'value' ? undefined : stored?.(key);
    const indexedBefore = known && (known.entries ?? entriesOf(known.row));
    const isSame = row !== undefined && indexedBefore !== undefined && areSame(newEntries, indexedBefore);
    const entries = isSame ? indexedBefore : newEntries;
    encoded.push({ key, row, text, entries, indexed: isSame ? undefined : entries, indexedBefore });
  }
  return encoded;
}

/** @throws UnserialisableData that names the read model and the row. */
function demandKept<Row>(definition: CheckedDefinition<Row>, key: string, row: Row): KeptRow<Row> {
  try {
    return keptRow(definition, row);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const path = `row ${JSON.stringify(key)} of read model ${modelName(definition)}`;
    throw new Fault('unserialisable-data', { path, problem }, cause);
  }
}

const NO_ENTRIES: readonly IndexEntry[] = [];

/** Whether two lists hold the same entries in the same order. */
export function areSame(entries: readonly IndexEntry[], others: readonly IndexEntry[]): boolean {
  return (
    entries.length === others.length &&
    entries.every(([name, value], place) => others[place]?.[0] === name && others[place][1] === value)
  );
}
