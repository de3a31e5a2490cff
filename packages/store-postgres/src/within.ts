import {
  START,
  type EventStore,
  type Position,
  type Projection,
  type RecordedEvent,
  type Store,
  type StreamId,
} from '@login-policy/event-sourcing';
import {
  DeadlineExceeded,
  modelName,
  StoreClosed,
  type Append,
  type ReadAllOptions,
  type ReadStreamOptions,
  type ReadModel,
  type EventShape,
  type ReadModelStore,
  type RebuildingModel,
  type Receipt,
  type SubscriptionMessage,
  type Outcome,
  encodedAppend,
} from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { prepareAppend, type PreparedAppend } from './append.js';
import { CallersClient } from './callers-transaction.js';
import { Connection } from './connection.js';
import { storedName } from './names.js';
import { LiveReadModel } from './read-model.js';
import type { ReadModelParts } from './read-models.js';
import { EventReads } from './reads.js';
import type { Writer } from './writer.js';

/** What a store inside a transaction shares with the one it was made from. */
export interface WithinParts extends Omit<ReadModelParts, 'refuseWhenClosed'> {
  readonly writer: Writer;
  readonly largestPageBytes: number;
}

/**
 * Makes stores inside transactions of the caller's. Statements are not prepared there: one that turned out to be gone would
 * be an error, which would end his transaction.
 */
export class Within {
  readonly #parts: WithinParts;
  #isClosed = false;

  constructor(parts: WithinParts) {
    this.#parts = parts;
  }

  /** @throws StoreClosed */
  store(client: ClientBase): Store {
    const { name, timeOuts } = this.#parts.connection;
    if (this.#isClosed) throw new StoreClosed({ store: name });
    const callers = new CallersClient(client);
    const connection = new Connection(callers, name, { timeOuts, prepared: 'never' });
    return {
      eventStore: new EventStoreWithin(callers, connection, this.#parts),
      readModels: new ReadModelsWithin({ ...this.#parts, connection, refuseWhenClosed: () => undefined }),
      keeps: 'inline',
      close: async () => undefined,
    };
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** They are made outside only: else whoever opens one there would wait for the end of this transaction. */
class ReadModelsWithin implements ReadModelStore {
  readonly #parts: ReadModelParts;

  constructor(parts: ReadModelParts) {
    this.#parts = parts;
  }

  async open<Event extends EventShape, Row>(definition: Projection<Event, Row>): Promise<ReadModel<Row>> {
    // Appends keep it from now on, here and outside: whoever comes later has to look at the rows anyway.
    this.#parts.models.open(definition);
    return new ReadModelWithin(this.#parts, definition, storedName(modelName(definition)).name);
  }

  async close(): Promise<void> {}
}

/** Appends change its rows, and nobody else: a projector's transactions would end the caller's. */
class ReadModelWithin<Row> extends LiveReadModel<Row> {
  override commit(): Promise<void> {
    return Promise.reject(projectedElsewhere());
  }

  override beginRebuild(): Promise<RebuildingModel<Row>> {
    return Promise.reject(projectedElsewhere());
  }
}

function projectedElsewhere(): Error {
  return new Error(
    'a store inside a transaction has no projector: catch up and rebuild in the one that it was made from',
  );
}

class EventStoreWithin implements EventStore {
  readonly #callers: CallersClient;
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #reads: EventReads;

  constructor(callers: CallersClient, connection: Connection, { schema, writer, largestPageBytes }: WithinParts) {
    this.#callers = callers;
    this.#connection = connection;
    this.#writer = writer;
    this.#reads = new EventReads(connection, schema, largestPageBytes);
  }

  async append(append: Append): Promise<readonly RecordedEvent[]> {
    const prepared = prepareAppend(encodedAppend(append));
    const [outcome] = await this.#connection.faulty(() => this.#write(prepared));
    if (outcome === undefined) throw new TypeError('an append was not answered');
    if ('refused' in outcome) throw outcome.refused;
    return outcome.recorded;
  }

  async #write(prepared: PreparedAppend): Promise<readonly Outcome[]> {
    const { client, goesOn, giveBack } = await this.#callers.lend();
    try {
      const { signal, streamId } = prepared.append;
      if (signal?.aborted === true) throw new DeadlineExceeded({ doing: `appending to ${streamId}` });
      return await this.#writer.writeWithin({ client, goesOn }, [prepared]);
    } finally {
      giveBack(undefined);
    }
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

  knows(position: Position): Promise<boolean> {
    return this.#reads.knows(position);
  }

  async close(): Promise<void> {}
}
