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
    const isChecked = given?.entries !== undefined && form === 'value';
    const kept = given === undefined || isChecked ? given : demandKept(definition, key, { given, form });
    const row = kept?.row;
    const newEntries = kept?.entries ?? NO_ENTRIES;
    // A backend of values has the entries of the previous row itself.
    const known = form === 'value' ? undefined : stored?.(key);
    const indexedBefore = known && (known.entries ?? entriesOf(definition, known.row));
    const isSame = row !== undefined && indexedBefore !== undefined && areSame(newEntries, indexedBefore);
    const entries = isSame ? indexedBefore : newEntries;
    const text = form === 'value' ? undefined : kept?.text;
    encoded.push({ key, row, text, entries, indexed: isSame ? undefined : entries, indexedBefore });
  }
  return encoded;
}

function entriesOf<Row>(definition: ReadModelDefinition<Row>, row: Row | undefined): readonly IndexEntry[] {
  return row === undefined ? NO_ENTRIES : indexEntries(definition, row);
}

/** A checked row, with its text in a store of texts. @throws UnserialisableData that names the read model and the row. */
function demandKept<Row>(
  definition: ReadModelDefinition<Row>,
  key: string,
  { given, form }: { readonly given: KeptRow<Row>; readonly form: StoredForm },
): KeptRow<Row> {
  try {
    const kept = given.entries === undefined ? keptRow(definition, given.row) : given;
    return form === 'value' || kept.text !== undefined ? kept : { ...kept, text: rowText(definition, kept.row) };
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
