import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from '@login-policy/store-sqlite';
import { eventStoreContract, readModelStoreContract, storeContract } from '@login-policy/testkit/contracts';
import { describe, it } from 'mocha';
import { freshFolder } from './files.js';

type Options = Pick<SqliteStoreOptions, 'clock'>;

/** Stores over one fresh file; durability is not what the contract is about, and syncs to disk are slow. */
async function freshFile(options: Options) {
  const folder = await freshFolder();
  const opened: SqliteStore[] = [];
  const open = async (more: Options = options): Promise<SqliteStore> => {
    const store = await openSqliteStore({ path: folder.path('store.db'), durability: 'normal', ...more });
    opened.push(store);
    return store;
  };
  const dispose = async (): Promise<void> => {
    for (const store of opened) await store.close();
    await folder.remove();
  };
  return { store: await open(), open, dispose, path: folder.path('store.db') };
}

eventStoreContract(
  {
    name: 'SQLite',
    veryMany: Number(process.env['PROOF_ROUNDS'] ?? 1000),
    readsStreams: true,
    erases: true,
    open: async ({ clock }) => {
      const { store, open, dispose } = await freshFile({ clock });
      return { eventStore: store.eventStore, another: async () => (await open()).eventStore, dispose };
    },
  },
  { describe, it },
);

readModelStoreContract(
  {
    name: 'SQLite',
    open: async () => {
      const { store, open, dispose } = await freshFile({});
      return { readModels: store.readModels, another: async () => (await open()).readModels, dispose };
    },
  },
  { describe, it },
);

storeContract(
  {
    name: 'SQLite',
    readModelUpdates: 'inline',
    open: async ({ clock }) => {
      const { store, open, dispose } = await freshFile({ clock });
      const reopen = async (): Promise<SqliteStore> => {
        await store.close();
        return open();
      };
      return { store, reopen, another: () => open(), dispose };
    },
  },
  { describe, it },
);
