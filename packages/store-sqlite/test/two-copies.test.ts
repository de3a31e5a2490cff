import { Fault, ProjectionRunner } from '@login-policy/event-sourcing';
import type * as storeSqlite from '@login-policy/store-sqlite';
import type { SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { anotherCopy, eventStoreContract, storeContract } from '@login-policy/testkit/contracts';
import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import { appendOne } from './events.js';
import { faultOf, freshFolder } from './files.js';
import { Raw } from './raw.js';

const copy = anotherCopy(['@login-policy/event-sourcing', '@login-policy/store-sqlite'], import.meta.url);
const { openSqliteStore }: typeof storeSqlite = await import(copy.url('@login-policy/store-sqlite'));

after(() => copy.remove());

async function freshFile(options: object) {
  const folder = await freshFolder();
  const opened: SqliteStore[] = [];
  const open = async (): Promise<SqliteStore> => {
    const store = await openSqliteStore({ path: folder.path('store.db'), durability: 'normal', ...options });
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
    name: 'SQLite, on a kernel of its own',
    veryMany: 25,
    readsStreams: true,
    open: async ({ clock }) => {
      const { store, open, dispose } = await freshFile({ clock });
      return { eventStore: store.eventStore, another: async () => (await open()).eventStore, dispose };
    },
  },
  { describe, it },
);

storeContract(
  {
    name: 'SQLite, on a kernel of its own',
    readModelUpdates: 'inline',
    open: async ({ clock }) => {
      const { store, open, dispose } = await freshFile({ clock });
      const reopen = async (): Promise<SqliteStore> => {
        await store.close();
        return open();
      };
      return { store, reopen, another: open, dispose };
    },
  },
  { describe, it },
);

describe('a store with another installed copy of the kernel', () => {
  it('throws faults of another class', async () => {
    const { store, dispose, path } = await freshFile({ busyTimeoutMs: 0 });
    const holder = new Raw(path);
    holder.exec('BEGIN IMMEDIATE');
    const fault = await faultOf(store.eventStore.append(appendOne()));
    holder.close();
    expect(fault).to.have.property('code', 'store-unavailable');
    expect(fault).to.be.instanceOf(Fault).and.not.to.have.property('constructor', Fault);
    await dispose();
  });

  it('does not stop a read model when a lock is held briefly', async () => {
    const { store, open, dispose, path } = await freshFile({ busyTimeoutMs: 0 });
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    // Written without the rows: the read model has to catch up, which the lock is in the way of.
    await (await open()).eventStore.append(appendOne());
    const holder = new Raw(path);
    holder.exec('BEGIN IMMEDIATE');
    const late = await faultOf(follower.read([], { waitMs: 50 }));
    expect(late).to.have.property('code', 'projection-behind');
    expect(follower.state.is).to.equal('retrying');
    holder.exec('ROLLBACK');
    holder.close();
    await follower.ready();
    expect(follower.state.is).to.equal('following');
    await follower.close();
    await dispose();
  });
});
