import type { EventStore } from '@login-policy/event-sourcing';
import { type Append, delegating } from '@login-policy/event-sourcing/store';

/** A store that counts what is asked of it, and may do something before each append. */
export interface WatchedStore {
  readonly store: EventStore;
  readonly asked: { reads: number; appends: number; receipts: number };
}

/** Counts what is asked of a store, and may do something before each append. */
export function watched(
  eventStore: EventStore,
  beforeAppend: (append: Append) => Promise<void> = async () => undefined,
): WatchedStore {
  const asked = { reads: 0, appends: 0, receipts: 0 };
  const store = delegating(eventStore, {
    readStream(id, options) {
      asked.reads++;
      return eventStore.readStream(id, options);
    },
    async append(append) {
      asked.appends++;
      await beforeAppend(append);
      return eventStore.append(append);
    },
    receipt(id, key) {
      asked.receipts++;
      return eventStore.receipt(id, key);
    },
  });
  return { store, asked };
}

/** Counts the events that are read of a store's streams. */
export function counting(eventStore: EventStore): { readonly store: EventStore; read: number } {
  const counted = {
    read: 0,
    store: delegating(eventStore, {
      async *readStream(id, options) {
        for await (const page of eventStore.readStream(id, options)) {
          counted.read += page.length;
          yield page;
        }
      },
    }),
  };
  return counted;
}
