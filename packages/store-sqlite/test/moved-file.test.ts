import fs from 'node:fs';
import { rename, rm, copyFile, symlink, mkdir } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';
import { mock } from 'node:test';
import { isFault } from '@login-policy/event-sourcing';
import type { ReadModel } from '@login-policy/event-sourcing/store';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, rowUnder, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';

describe('a file that is moved away under a running program', () => {
  let folder: Folder;
  let path: string;
  let backup: string;
  let store: SqliteStore;
  let model: ReadModel<CounterRow>;

  beforeEach(async () => {
    folder = await freshFolder();
    [path, backup] = [folder.path('store.db'), folder.path('backup.db')];
    store = await openSqliteStore({ path });
    model = await store.readModels.open(counterTotals);
    await store.eventStore.append(appendOne());
    await store.backup(backup);
    await store.eventStore.append(appendOne());
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  /** Calls until it is refused: reads may go on for a moment. */
  async function refusedAtLast(call: () => Promise<unknown>): Promise<void> {
    for (;;) {
      const fault = await faultOf(call());
      if (fault !== undefined) return expectMoved(fault);
      await new Promise(setImmediate);
    }
  }

  function expectMoved(fault: unknown): void {
    expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    expect(fault)
      .to.have.nested.property('facts.problem')
      .that.matches(/was removed or replaced since it was opened/);
  }

  const ways: Readonly<Record<string, () => Promise<void>>> = {
    'is removed': () => rm(path),
    'is replaced by a link to itself': async () => {
      await rm(path);
      await symlink(path, path);
    },
    'is renamed': () => rename(path, folder.path('elsewhere.db')),
    'is replaced by an older copy': async () => {
      for (const beside of ['-wal', '-shm']) await rm(`${path}${beside}`);
      await rename(backup, path);
    },
    'is replaced by an older copy beside its log': () => rename(backup, path),
    'is copied over, and its log removed': async () => {
      for (const beside of ['-wal', '-shm']) await rm(`${path}${beside}`);
      await copyFile(backup, path);
    },
    'stays, but its log is replaced': async () => {
      await rename(`${path}-wal`, folder.path('elsewhere.db-wal'));
      await copyFile(folder.path('elsewhere.db-wal'), `${path}-wal`);
    },
    'stays, but its log is replaced at once': async () => {
      await copyFile(`${path}-wal`, folder.path('other.db-wal'));
      await rename(folder.path('other.db-wal'), `${path}-wal`);
    },
  };
  async function isRefused(move: () => Promise<void>): Promise<void> {
    expect(await rowUnder(model, STREAM)).to.include({ total: 2 });
    await move();
    expectMoved(await faultOf(store.eventStore.append(appendOne())));
    await refusedAtLast(() => rowUnder(model, STREAM));
    await refusedAtLast(() => eventsOf(store.eventStore));
    await refusedAtLast(() => store.eventStore.head());
  }

  /** Appends until the folder has not changed for a while: writes then ask for the folder only. */
  async function appendUntilRested(): Promise<void> {
    for (const end = Date.now() + 150; Date.now() < end;) await store.eventStore.append(appendOne());
  }

  async function isRefusedAfterMany(move: () => Promise<void>): Promise<void> {
    await appendUntilRested();
    await move();
    expectMoved(await faultOf(store.eventStore.append(appendOne())));
  }

  for (const [what, move] of Object.entries(ways)) {
    it(`refuses writes at once and reads soon when it ${what}`, () => isRefused(move));

    it(`refuses the first write when it ${what} after many writes`, () => isRefusedAfterMany(move));
  }

  it('refuses the first write when its folder is renamed after many writes', async () => {
    const [inner, moved] = [folder.path('inner'), folder.path('moved')];
    await mkdir(inner);
    const other = await openSqliteStore({ path: `${inner}/store.db` });
    try {
      for (const end = Date.now() + 150; Date.now() < end;) await other.eventStore.append(appendOne());
      await rename(inner, moved);
      expectMoved(await faultOf(other.eventStore.append(appendOne())));
    } finally {
      await other.close();
    }
  });

  it('asks for neither the file nor its log at a write while the folder has not changed', async () => {
    await appendUntilRested();
    const spy = mock.method(fs, 'statSync');
    syncBuiltinESMExports();
    try {
      await store.eventStore.append(appendOne());
      await store.eventStore.append(appendOne());
    } finally {
      spy.mock.restore();
      syncBuiltinESMExports();
    }
    const asked = spy.mock.calls.map(({ arguments: [name] }) => String(name));
    expect(asked).to.deep.equal([dirname(path), dirname(path)]);
  });

  it('works again when it is moved back', async () => {
    const elsewhere = folder.path('elsewhere.db');
    await rename(path, elsewhere);
    expectMoved(await faultOf(store.eventStore.append(appendOne())));
    await rename(elsewhere, path);
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(3);
  });

  it('follows a symbolic link: the write-ahead log is beside the linked file', async () => {
    const link = folder.path('link.db');
    await symlink(path, link);
    const linked = await openSqliteStore({ path: link });
    await linked.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(3);
    await rm(link);
    await symlink(backup, link);
    expectMoved(await faultOf(linked.eventStore.append(appendOne())));
    await linked.close();
  });
});

describe('a relative path of a program that changes its folder', () => {
  it('still names the opened file, also for a backup', async () => {
    const folder = await freshFolder();
    const before = process.cwd();
    await mkdir(folder.path('elsewhere'));
    try {
      process.chdir(folder.path('.'));
      const store = await openSqliteStore({ path: 'store.db' });
      await store.eventStore.append(appendOne());
      process.chdir(folder.path('elsewhere'));
      await store.eventStore.append(appendOne());
      await store.backup(folder.path('backup.db'));
      await store.close();
      const copied = await openSqliteStore({ path: folder.path('backup.db') });
      expect(await eventsOf(copied.eventStore)).to.have.length(2);
      await copied.close();
    } finally {
      process.chdir(before);
      await folder.remove();
    }
  });
});
