import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from '@login-policy/store-sqlite';
import { eventStoreContract, inlineProjectionContract, readModelStoreContract } from '@login-policy/testkit';
import { freshFolder } from './files.js';

type Options = Pick<SqliteStoreOptions, 'clock' | 'inlineProjections'>;

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
  return { store: await open(), open, dispose };
}

eventStoreContract({
  name: 'SQLite',
  open: async ({ clock }) => {
    const { store, open, dispose } = await freshFile({ clock });
    return { eventStore: store.eventStore, another: async () => (await open()).eventStore, dispose };
  },
});

readModelStoreContract({
  name: 'SQLite',
  open: async () => {
    const { store, open, dispose } = await freshFile({});
    return { readModels: store.readModels, another: async () => (await open()).readModels, dispose };
  },
});

inlineProjectionContract({
  name: 'SQLite',
  open: async ({ clock, inlineProjections }) => {
    const { store, open, dispose } = await freshFile({ clock, inlineProjections });
    const reopen = async (projections: typeof inlineProjections): Promise<SqliteStore> => {
      await store.close();
      return open({ clock, inlineProjections: projections });
    };
    return { store, reopen, dispose };
  },
});
