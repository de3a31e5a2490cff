import {
  eventStoreContract,
  readModelStoreContract,
  storeContract,
  tableOfEnds,
} from '@login-policy/testkit/contracts';
import { describe, it } from 'mocha';
import { freezeServer } from './database.js';
import { storages } from './stores.js';

const freshStorage = storages();

const PLAIN = { preparedStatements: 'never' } as const;

/** As by default, and as it works behind a pooler. */
const WAYS = { PostgreSQL: {}, 'PostgreSQL, with nothing kept in a connection': PLAIN };

for (const [name, way] of Object.entries(WAYS)) {
  eventStoreContract(
    {
      name,
      veryMany: Number(process.env['PROOF_ROUNDS'] ?? 1000),
      readsStreams: true,
      erases: true,
      freezes: freezeServer !== undefined,
      open: async ({ clock }) => {
        const storage = freshStorage();
        const { eventStore } = await storage.open({ ...way, clock });
        const another = async (): Promise<typeof eventStore> => (await storage.open({ ...way, clock })).eventStore;
        return { eventStore, another, dispose: () => storage.dispose(), freeze: freezeServer };
      },
    },
    { describe, it },
  );

  storeContract(
    {
      name,
      readModelUpdates: 'inline',
      freezes: freezeServer !== undefined,
      report: (ends) => {
        if (process.env['PRINT_ENDS'] !== undefined) process.stdout.write(`${tableOfEnds(ends)}\n`);
      },
      open: async (options) => {
        const storage = freshStorage();
        let store = await storage.open({ ...way, ...options });
        return {
          store,
          another: () => storage.open({ ...way, ...options }),
          async reopen() {
            await store.close();
            store = await storage.open({ ...way, ...options });
            return store;
          },
          dispose: () => storage.dispose(),
          freeze: freezeServer,
        };
      },
    },
    { describe, it },
  );
}

readModelStoreContract(
  {
    name: 'PostgreSQL',
    open: async () => {
      const storage = freshStorage();
      const { readModels } = await storage.open();
      const another = async (): Promise<typeof readModels> => (await storage.open()).readModels;
      return { readModels, another, dispose: () => storage.dispose() };
    },
  },
  { describe, it },
);
