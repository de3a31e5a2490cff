import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Store, yieldToLoop } from '@login-policy/event-sourcing';
import { storeOn } from '@login-policy/event-sourcing/store';
import { eventStoreContract, readModelStoreContract, storeContract } from '@login-policy/testkit/contracts';
import { describe, it } from 'mocha';
import { JsonLinesBackend } from './json-lines-backend.js';

/** Opens the store that docs/how-to/write-a-store.md shows, in a folder of its own. */
async function openJsonLines(
  clock?: Clock,
): Promise<{ store: Store; reopen: () => Promise<Store>; dispose: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'json-lines-'));
  const open = async (): Promise<Store> =>
    storeOn(await JsonLinesBackend.open(join(folder, 'store.jsonl')), {
      most: { appends: 100, size: 1_000_000 },
      gather: yieldToLoop,
      clock,
    });
  let store = await open();
  const reopen = async (): Promise<Store> => {
    await store.close();
    store = await open();
    return store;
  };
  const dispose = async (): Promise<void> => {
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, reopen, dispose };
}

const name = 'JSON lines';

eventStoreContract(
  {
    name,
    readsStreams: true,
    async open({ clock }) {
      const { store, dispose } = await openJsonLines(clock);
      return { eventStore: store.eventStore, another: async () => store.eventStore, dispose };
    },
  },
  { describe, it },
);
readModelStoreContract(
  {
    name,
    async open() {
      const { store, dispose } = await openJsonLines();
      return { readModels: store.readModels, another: async () => store.readModels, dispose };
    },
  },
  { describe, it },
);
storeContract(
  {
    name,
    readModelUpdates: 'inline',
    async open({ clock }) {
      const opened = await openJsonLines(clock);
      return { ...opened, another: async () => opened.store };
    },
  },
  { describe, it },
);
