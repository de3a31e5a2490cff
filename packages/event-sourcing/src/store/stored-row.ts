import { StoreDamaged } from '../faults.js';
import { modelName, type ReadModelDefinition } from '../projections/projection.js';
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

/** A row as a store of text writes it. */
export interface EncodedRow<Row> {
  readonly key: string;
  readonly row: Row | undefined;
  /** JSON; `undefined` takes the row away. */
  readonly text: string | undefined;
  /** By what it is found from now on; `undefined`: by what it was found by before. */
  readonly indexed: readonly IndexEntry[] | undefined;
}

/**
 * What has to be written for these rows; what a row can't be encoded by is thrown here, before anything is written. Of
 * the rows that `before` answers with it is known that they are there now.
 */
export function encodedRows<Row>(
  definition: ReadModelDefinition<Row>,
  rows: ReadonlyMap<string, Row | undefined>,
  before: (key: string) => Row | undefined = () => undefined,
): readonly EncodedRow<Row>[] {
  return Array.from(rows, ([key, row]) => {
    if (row === undefined) return { key, row, text: undefined, indexed: [] };
    const indexed = indexEntries(definition, row);
    const previous = before(key);
    const isSame = previous !== undefined && areSame(indexed, indexEntries(definition, previous));
    return { key, row, text: JSON.stringify(definition.rows.encode(row)), indexed: isSame ? undefined : indexed };
  });
}

function areSame(entries: readonly IndexEntry[], others: readonly IndexEntry[]): boolean {
  return (
    entries.length === others.length &&
    entries.every(([name, value], place) => others[place]?.[0] === name && others[place][1] === value)
  );
}
