import { eventStoreContract, inlineProjectionContract, readModelStoreContract } from '@login-policy/testkit';
import { storages } from './stores.js';

const freshStorage = storages();

eventStoreContract({
  name: 'PostgreSQL',
  open: async ({ clock }) => {
    const storage = freshStorage();
    const { eventStore } = await storage.open({ clock });
    const another = async (): Promise<typeof eventStore> => (await storage.open({ clock })).eventStore;
    return { eventStore, another, dispose: () => storage.dispose() };
  },
});

readModelStoreContract({
  name: 'PostgreSQL',
  open: async () => {
    const storage = freshStorage();
    const { readModels } = await storage.open();
    const another = async (): Promise<typeof readModels> => (await storage.open()).readModels;
    return { readModels, another, dispose: () => storage.dispose() };
  },
});

inlineProjectionContract({
  name: 'PostgreSQL',
  open: async (options) => {
    const storage = freshStorage();
    let store = await storage.open(options);
    return {
      store,
      async reopen(inlineProjections) {
        await store.close();
        store = await storage.open({ clock: options.clock, inlineProjections });
        return store;
      },
      dispose: () => storage.dispose(),
    };
  },
});
