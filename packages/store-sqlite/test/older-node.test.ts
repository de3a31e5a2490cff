import { createRequire, isBuiltin, syncBuiltinESMExports } from 'node:module';
import { isFault } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { Raw, type RawDatabase } from './raw.js';
import { driverError, watchDriver, type WatchedDriver } from './watched-driver.js';

/** Node's own driver as Node 22.13 has it: it says of no connection whether it is in a transaction, has no lists and no `backup`. */
class OlderDatabase implements RawDatabase {
  readonly #native: RawDatabase;

  constructor(path: string) {
    this.#native = new Raw(path);
  }

  prepare(sql: string): ReturnType<RawDatabase['prepare']> {
    return Object.assign(this.#native.prepare(sql), { setReturnArrays: undefined });
  }

  exec(sql: string): unknown {
    return this.#native.exec(sql);
  }

  close(): unknown {
    return this.#native.close();
  }
}

describe("a store on the first Node that has SQLite of its own (on Node 20: with Node 20's driver)", () => {
  let folder: Folder;
  let driver: WatchedDriver;
  let store: SqliteStore;
  let restoreModule = (): void => undefined;

  before(() => {
    if (!isBuiltin('node:sqlite')) return;
    const sqlite: object = createRequire(import.meta.url)('node:sqlite');
    const newer = { ...sqlite };
    const pretend = (exported: object): void => {
      Object.assign(sqlite, exported);
      syncBuiltinESMExports();
    };
    pretend({ DatabaseSync: OlderDatabase, backup: undefined });
    restoreModule = () => pretend(newer);
  });
  after(() => restoreModule());

  beforeEach(async () => {
    folder = await freshFolder();
    driver = watchDriver();
    store = await openSqliteStore({ path: folder.path('store.db') });
    await store.readModels.open(counterTotals);
    for (let count = 0; count < 2; count++) await store.eventStore.append(appendOne());
  });
  afterEach(async () => {
    driver.restore();
    await store.close();
    await folder.remove();
  });

  it('reads what it wrote, events and rows', async () => {
    expect((await eventsOf(store.eventStore)).map(({ revision }) => revision)).to.deep.equal([0n, 1n]);
    const model = await store.readModels.open(counterTotals);
    expect(await rowUnder(model, STREAM)).to.include({ total: 2 });
    expect((await model.keys({ index: 'parity', value: 'even' })).rows).to.deep.equal([STREAM]);
  });

  it('is backed up, a file and one in memory', async () => {
    const memory = await openSqliteStore({ path: ':memory:' });
    await memory.eventStore.append(appendOne());
    for (const [source, count] of [
      [store, 2],
      [memory, 1],
    ] as const) {
      await source.backup(folder.path(`${count}.db`));
      const copy = await openSqliteStore({ path: folder.path(`${count}.db`), integrityCheck: 'full' });
      expect(await eventsOf(copy.eventStore)).to.have.length(count);
      await copy.close();
    }
    await memory.close();
  });

  async function isFoundOut(isCarriedOut: boolean): Promise<void> {
    driver.strikeAt('COMMIT', (proceed) => {
      if (isCarriedOut) proceed();
      throw driverError('disk I/O error', 'SQLITE_IOERR_FSYNC', 1034);
    });
    const fault = await faultOf(store.eventStore.append(appendOne()));
    expect(isFault(fault, 'store-unavailable')).to.equal(!isCarriedOut);
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(isCarriedOut ? 4 : 3);
  }

  it('finds out that a failed commit was carried out', () => isFoundOut(true));
  it('finds out that a failed commit was not carried out', () => isFoundOut(false));

  it('takes a transaction back that failed, and goes on', async () => {
    driver.strikeAt('INSERT INTO events', () => {
      throw new Error('struck');
    });
    expect(await faultOf(store.eventStore.append(appendOne()))).to.have.property('message', 'struck');
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(3);
  });
});
