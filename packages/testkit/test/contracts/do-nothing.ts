import {
  type ConsumeOptions,
  type Consumer,
  type EventStore,
  instant,
  START,
  type Store,
} from '@login-policy/event-sourcing';
import type { ReadModel, ReadModelStore } from '@login-policy/event-sourcing/store';

type CaughtUp = Awaited<ReturnType<NonNullable<ReadModel<unknown>['catchUp']>>>;

/** An event store that takes everything and keeps nothing. */
export function doNothingEventStore(): EventStore {
  return {
    append: async () => [],
    readStream: () => nothing(),
    readAll: () => nothing(),
    subscribe: () => nothing(),
    receipt: async () => undefined,
    head: async () => START,
    knows: async () => false,
    close: async () => {},
  };
}

/** A read-model store that takes everything and keeps nothing. */
export function doNothingReadModels(): ReadModelStore {
  return {
    open: async <Row>() => doNothingReadModel<Row>(),
    close: async () => {},
  };
}

const CLOSING = { close: async () => {}, [Symbol.asyncDispose]: async () => {} };

/** A store that takes everything and keeps nothing. */
export function doNothingStore(): Store {
  return {
    eventStore: doNothingEventStore(),
    readModels: doNothingReadModels(),
    readModelUpdates: 'inline',
    clock: () => instant(Date.now()),
    consume: doNothingConsumer,
    ...CLOSING,
  };
}

/** A consumer that works by its own account, and handles nothing. */
function doNothingConsumer({ name }: ConsumeOptions): Consumer {
  const status = { name, state: 'working', position: START, lag: 0 } as const;
  return { status: () => status, ...CLOSING };
}

/** Whatever is asked of it, it refuses with the same error; an iteration with its first step. */
export function refusingEverything(error: Error): Store {
  const refuse = (): Promise<never> => Promise.reject(error);
  const refuseToIterate = (): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) });
  const eventStore: EventStore = {
    append: refuse,
    readStream: refuseToIterate,
    readAll: refuseToIterate,
    subscribe: refuseToIterate,
    receipt: refuse,
    head: refuse,
    knows: refuse,
    close: async () => {},
  };
  const readModels: ReadModelStore = { open: refuse, close: async () => {} };
  return {
    eventStore,
    readModels,
    readModelUpdates: 'inline',
    clock: () => instant(Date.now()),
    consume() {
      throw error;
    },
    ...CLOSING,
  };
}

async function* nothing(): AsyncGenerator<never, void, undefined> {}

function doNothingReadModel<Row>(): ReadModel<Row> {
  const atHead = async (): Promise<CaughtUp> => ({ checkpoint: START, head: START });
  const model: ReadModel<Row> = {
    read: async () => ({ checkpoint: undefined, rows: new Map<string, Row>() }),
    query: async () => ({ checkpoint: undefined, rows: [] }),
    keys: async () => ({ checkpoint: undefined, rows: [] }),
    count: async () => ({ checkpoint: undefined, rows: 0 }),
    checkpoint: async () => undefined,
    commit: async () => {},
    catchUp: atHead,
    changed: async () => {},
    beginRebuild: async (): ReturnType<ReadModel<Row>['beginRebuild']> => ({
      ...model,
      promote: async () => {},
      promoteAtHead: atHead,
    }),
  };
  return model;
}
