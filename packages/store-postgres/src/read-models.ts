import { isFault, type Projection } from '@login-policy/event-sourcing';
import {
  CheckpointConflict,
  modelName,
  refuseOver,
  StoreClosed,
  type ReadModel,
  type EventShape,
  type ReadModelStore,
  type WaitOptions,
} from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { storedName } from './names.js';
import type { OpenedModels } from './opened-models.js';
import { LiveReadModel } from './read-model.js';
import type { Schema } from './schema.js';
import type { Sweeper } from './sweeper.js';
import type { SchemaWatch } from './watch.js';
import type { Writer } from './writer.js';

/** What read models work with. */
export interface ReadModelParts {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly watch: SchemaWatch;
  /** Those that appends keep. */
  readonly models: OpenedModels;
  readonly writer: Writer;
  readonly sweeper: Sweeper;
  /** @throws StoreClosed, DeadlineExceeded */
  readonly refuseCall: (wait: WaitOptions | undefined) => void;
}

/** The read models of one schema, beside its events. */
export class PostgresReadModelStore implements ReadModelStore {
  readonly #parts: ReadModelParts;
  #isClosed = false;

  constructor(parts: Omit<ReadModelParts, 'refuseCall'>) {
    this.#parts = { ...parts, refuseCall: (wait) => this.#refuseCall(wait) };
  }

  async open<Event extends EventShape, Row>(definition: Projection<Event, Row>): Promise<ReadModel<Row>> {
    this.#refuseCall(undefined);
    const { connection, schema } = this.#parts;
    const { name } = storedName(modelName(definition));
    const make = (): Promise<void> => connection.faulty(() => makeModel(connection, schema, name));
    await make();
    this.#parts.models.open(definition);
    return madeAnew(new LiveReadModel(this.#parts, definition, name), { name, make });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parts.watch.notify();
  }

  #refuseCall(wait: WaitOptions | undefined): void {
    if (this.#isClosed) throw new StoreClosed({ store: this.#parts.connection.name });
    refuseOver('a call of a read model', wait);
  }
}

/** The same read model. Gone, as with tables that were put back, it is made anew: the next step begins at the first event. */
function madeAnew<Row>(
  model: LiveReadModel<Row>,
  { name, make }: { readonly name: string; readonly make: () => Promise<void> },
): ReadModel<Row> {
  const commit = model.commit.bind(model);
  model.commit = async (change, wait) => {
    try {
      await commit(change, wait);
    } catch (caught) {
      if (!isFault(caught, 'rebuild-superseded')) throw caught;
      await make();
      throw new CheckpointConflict({ model: name, expected: change.expected, actual: undefined });
    }
  };
  return model;
}

/** Makes the live read model of that name, unless somebody else did. */
async function makeModel(connection: Connection, { quoted }: Schema, name: string): Promise<void> {
  const found = await connection.read(`SELECT model FROM ${quoted}.read_models WHERE name = $1 AND stage = 'live'`, [
    name,
  ]);
  if (found.length > 0) return;
  await connection.change(
    `INSERT INTO ${quoted}.read_models (name, stage) VALUES ($1, 'live') ON CONFLICT DO NOTHING`,
    [name],
  );
}
