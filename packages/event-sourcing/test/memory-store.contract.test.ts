import { openMemoryStore, type RecordedEvent } from '@login-policy/event-sourcing';
import { memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { eventStoreContract, readModelStoreContract, storeContract } from '@login-policy/testkit/contracts';
import { describe, it } from 'mocha';

// What is in this process's memory has one handle: `another` is the same.
eventStoreContract(
  {
    name: 'memory',
    veryMany: Number(process.env['PROOF_ROUNDS'] ?? 1000),
    readsStreams: true,
    erases: true,
    open: async ({ clock }) => {
      const store = openMemoryStore({ clock });
      return { eventStore: store.eventStore, another: async () => store.eventStore, dispose: () => store.close() };
    },
  },
  { describe, it },
);

readModelStoreContract(
  {
    name: 'memory',
    open: async () => {
      const readModels = memoryReadModelStore();
      return { readModels, another: async () => readModels, dispose: () => readModels.close() };
    },
  },
  { describe, it },
);

storeContract(
  {
    name: 'memory',
    readModelUpdates: 'inline',
    open: async (options) => {
      let store = openMemoryStore(options);
      return {
        store,
        another: async () => store,
        async reopen() {
          const history: RecordedEvent[] = [];
          for await (const page of store.eventStore.readAll()) history.push(...page);
          await store.close();
          store = openMemoryStore({ clock: options.clock, history });
          return store;
        },
        dispose: () => store.close(),
      };
    },
  },
  { describe, it },
);
