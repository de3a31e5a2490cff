import type { Projection, RecordedEvent, Store } from '@login-policy/event-sourcing';
import {
  closedBy,
  DeadlineExceeded,
  encodedAppend,
  modelName,
  type Append,
  type EventShape,
  type Outcome,
  type ReadModel,
  type ReadModelStore,
  type RebuildingModel,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import { prepareAppend, type PreparedAppend } from './append.js';
import { Connection } from './connection.js';
import { PostgresEventStore, type EventStoreParts } from './event-store.js';
import { storedName } from './names.js';
import { LiveReadModel } from './read-model.js';
import type { ReadModelParts } from './read-models.js';
import { CallersClient } from './transaction.js';

/** What a store inside a transaction shares with the one it was made from. */
export type WithinParts = Omit<ReadModelParts, 'refuseCall'> & EventStoreParts & Pick<Store, 'clock'>;

/**
 * Makes a store inside a transaction of the caller's. Statements are not prepared there: one that turned out to be gone would
 * be an error, which would end their transaction.
 */
export function storeWithin(client: ClientBase, outside: WithinParts): Store {
  const { name, timeOuts } = outside.connection;
  const callers = new CallersClient(client, name);
  const parts = { ...outside, connection: new Connection(callers, name, { timeOuts, prepared: 'never' }) };
  return {
    eventStore: new EventStoreWithin(callers, parts),
    readModels: new ReadModelsWithin({ ...parts, refuseCall: () => undefined }),
    keeps: 'inline',
    clock: outside.clock,
    consume: followedElsewhere,
    ...closedBy(async () => undefined),
  };
}

function followedElsewhere(): never {
  throw new Error('a store inside a transaction can’t be followed: follow the one that it was made from');
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

/** Appends change its rows, and nobody else: a runner's transactions would end the caller's. */
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

/** Each append is written by itself, in its turn at the connection. */
class EventStoreWithin extends PostgresEventStore {
  readonly #callers: CallersClient;
  readonly #parts: WithinParts;

  constructor(callers: CallersClient, parts: WithinParts) {
    super(parts);
    this.#callers = callers;
    this.#parts = parts;
  }

  override async append(append: Append): Promise<readonly RecordedEvent[]> {
    const prepared = prepareAppend(encodedAppend(append));
    const [outcome] = await this.#parts.connection.faulty(() => this.#write(prepared));
    if (outcome === undefined) throw new TypeError('an append was not answered');
    if ('refused' in outcome) throw outcome.refused;
    return outcome.recorded;
  }

  async #write(prepared: PreparedAppend): Promise<readonly Outcome[]> {
    const { giveBack, ...transaction } = await this.#callers.lend();
    try {
      const { signal, streamId } = prepared.append;
      if (signal?.aborted === true) throw new DeadlineExceeded({ doing: `appending to ${streamId}` });
      return await this.#parts.writer.writeWithin(transaction, [prepared]);
    } finally {
      giveBack(undefined);
    }
  }

  override subscribe(): AsyncIterable<SubscriptionMessage> {
    return followedElsewhere();
  }

  override async close(): Promise<void> {}
}
