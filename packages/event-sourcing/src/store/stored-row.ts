import { StoreDamaged } from '../faults.js';
import { modelName, type ReadModelDefinition } from '../projections/projection.js';
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
