import {
  DeadlineExceeded,
  modelName,
  START,
  StoreClosed,
  type Append,
  type EventStore,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type ReadModel,
  type ReadModelDefinition,
  type ReadModelStore,
  type Receipt,
  type RecordedEvent,
  type Store,
  type StreamId,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing';
import type { ClientBase } from 'pg';
import { prepareAppend } from './append-batch.js';
import { Connection } from './connection.js';
import { CallersClient } from './lenders.js';
import { storedName } from './names.js';
import { LiveReadModel } from './read-model.js';
import type { ReadModelParts } from './read-model-store.js';
import { EventReads } from './reads.js';
import type { Writer } from './writer.js';

/** What a store inside a transaction shares with the one it was made from. */
export interface WithinParts extends Omit<ReadModelParts, 'refuseWhenClosed'>, Pick<Store, 'inlineModels'> {
  readonly writer: Writer;
  readonly largestPageBytes: number;
}

/**
 * Makes stores inside transactions of the caller's, one for each of his connections. Statements are not prepared there: one
 * that turned out to be gone would be an error, which would end his transaction.
 */
export class Within {
  readonly #parts: WithinParts;
  readonly #stores = new WeakMap<ClientBase, Store>();
  #isClosed = false;

  constructor(parts: WithinParts) {
    this.#parts = parts;
  }

  /** @throws StoreClosed */
  store(client: ClientBase): Store {
    const { name } = this.#parts.connection;
    if (this.#isClosed) throw new StoreClosed({ store: name });
    const known = this.#stores.get(client);
    if (known !== undefined) return known;
    const made = this.#make(client);
    this.#stores.set(client, made);
    return made;
  }

  close(): void {
    this.#isClosed = true;
  }

  #make(client: ClientBase): Store {
    const { name, timeOuts } = this.#parts.connection;
    const connection = new Connection(new CallersClient(client), name, { timeOuts, prepared: 'never' });
    return {
      eventStore: new EventStoreWithin(client, connection, this.#parts),
      readModels: new ReadModelsWithin({ ...this.#parts, connection, refuseWhenClosed: () => undefined }),
      inlineModels: this.#parts.inlineModels,
      close: async () => undefined,
    };
  }
}

/** They are made outside only: else whoever opens one there would wait for the end of this transaction. */
class ReadModelsWithin implements ReadModelStore {
  readonly #parts: ReadModelParts;

  constructor(parts: ReadModelParts) {
    this.#parts = parts;
  }

  async open<Row>(definition: ReadModelDefinition<Row>): Promise<ReadModel<Row>> {
    return new LiveReadModel(this.#parts, definition, storedName(modelName(definition)).name);
  }

  async close(): Promise<void> {}
}

class EventStoreWithin implements EventStore {
  readonly #client: ClientBase;
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #reads: EventReads;
  /** Settles when the appends so far are done: one needs several statements, which no other may come between. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(client: ClientBase, connection: Connection, { schema, writer, largestPageBytes }: WithinParts) {
    this.#client = client;
    this.#connection = connection;
    this.#writer = writer;
    this.#reads = new EventReads(connection, schema, largestPageBytes);
  }

  async append(append: Append): Promise<readonly RecordedEvent[]> {
    const prepared = prepareAppend(append);
    const writing = this.#turn.then(() => {
      if (append.signal?.aborted === true) throw new DeadlineExceeded({ doing: `appending to ${append.streamId}` });
      return this.#connection.faulty(() => this.#writer.writeWithin(this.#client, [prepared]));
    });
    this.#turn = writing.catch(() => undefined);
    const [outcome] = await writing;
    if (outcome === undefined) throw new TypeError('an append was not answered');
    if ('refused' in outcome) throw outcome.refused;
    return outcome.recorded;
  }

  readStream(streamId: StreamId, options?: ReadStreamOptions): AsyncIterable<readonly RecordedEvent[]> {
    return this.#reads.stream(streamId, options);
  }

  async *readAll(options?: ReadAllOptions): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const readAhead = this.#reads.ahead(options);
    let isHead = false;
    for (let after = options?.after ?? START; !isHead && options?.signal?.aborted !== true;) {
      const ahead = await readAhead(after);
      if (ahead.events.length > 0) yield ahead.events;
      ({ considered: after, isHead } = ahead);
    }
  }

  subscribe(): AsyncIterable<SubscriptionMessage> {
    throw new Error('a store inside a transaction can’t be followed: follow the one that it was made from');
  }

  receipt(streamId: StreamId, key: string): Promise<Receipt | undefined> {
    return this.#reads.receipt(streamId, key);
  }

  head(): Promise<Position> {
    return this.#reads.head();
  }

  async close(): Promise<void> {}
}
