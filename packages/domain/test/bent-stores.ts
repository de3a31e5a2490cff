import type { EventStore, RecordedEvent, Store, StreamId } from '@login-policy/event-sourcing';
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

/** Read models whose rows fail once they break, or never answer. */
export function breaking(
  given: Store['readModels'],
  doFail: boolean,
): { readonly readModels: Store['readModels']; breakRows(): void } {
  let areBroken = false;
  const broken = (): Promise<never> =>
    doFail ? Promise.reject(new Error('no rows')) : new Promise<never>(() => undefined);
  const readModels: Store['readModels'] = {
    close: () => Promise.resolve(),
    async open(definition) {
      const model = await given.open(definition);
      const read = model.read.bind(model);
      return Object.assign(model, {
        read: (...asked: Parameters<typeof read>) => (areBroken ? broken() : read(...asked)),
      });
    },
  };
  return { readModels, breakRows: () => void (areBroken = true) };
}
