import {
  toJsonObject,
  type EventStore,
  type Json,
  type RecordedEvent,
  type Store,
  type StreamId,
} from '@login-policy/event-sourcing';
import { delegating, memoryReadModelStore } from '@login-policy/event-sourcing/store';

/** A store that counts the events that are read of its streams. */
export function counting(store: EventStore): { readonly eventStore: EventStore; eventsRead(): number } {
  let read = 0;
  async function* readStream(
    stream: StreamId,
    options?: Parameters<EventStore['readStream']>[1],
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    for await (const page of store.readStream(stream, options)) {
      read += page.length;
      yield page;
    }
  }
  return { eventStore: delegating(store, { readStream }), eventsRead: () => read };
}

/** The store as a process sees it whose rows follow the events, and stand still between `pause` and `goOn`. */
export function followed(store: Store): { readonly store: Store; pause(): void; goOn(): void } {
  let [paused, goOn] = [Promise.resolve(), (): void => undefined];
  async function* subscribe(options?: Parameters<EventStore['subscribe']>[0]): ReturnType<EventStore['subscribe']> {
    for await (const message of store.eventStore.subscribe(options)) {
      await paused;
      yield message;
    }
  }
  const eventStore = delegating(store.eventStore, { subscribe });
  return {
    store: { ...store, readModelUpdates: 'followed', readModels: memoryReadModelStore(), eventStore },
    pause: () => void (paused = new Promise((resolve) => (goOn = resolve))),
    goOn: () => goOn(),
  };
}

/** The same store with rows that can't be had, or that say another event and another policy than they are of. */
export function bentRows(store: Store, bend: 'away' | 'another event'): Store {
  const { readModels } = store;
  return {
    ...store,
    readModels: {
      async open(projection) {
        const model = await readModels.open(projection);
        return {
          async read(keys) {
            if (bend === 'away' && keys.length > 0) throw new Error('the rows are away');
            const { rows, ...at } = await model.read(keys);
            const bent = Array.from(rows, ([key, row]) => {
              const lie = lieOf(projection.rows.encode(row));
              return [key, projection.rows.decode(lie)] as const;
            });
            return { ...at, rows: new Map(bent) };
          },
          query: (query) => model.query(query),
          keys: (query) => model.keys(query),
          count: (query) => model.count(query),
          checkpoint: () => model.checkpoint(),
          commit: (change) => model.commit(change),
          changed: (signal) => model.changed(signal),
          beginRebuild: () => model.beginRebuild(),
        };
      },
      close: () => readModels.close(),
    },
  };
}

function lieOf(row: Json): Json {
  if (typeof row !== 'object' || row === null) throw new TypeError('a row is an object');
  return { ...toJsonObject(row), eventId: '01ARZ3NDEKTSV4RRFFQ69G5FAV', secondFactors: ['OTP_SMS'] };
}
