import type * as modules from 'node:module';
import { isFault } from '@login-policy/event-sourcing';
import type { openSqliteStore, SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { driverError, watchDriver, type WatchedDriver } from './watched-driver.js';

/** What Node has from 22.15 on, to say what is loaded by a name. */
type Hooking = Partial<Pick<typeof modules, 'registerHooks'>>;

/** Of whatever has this at its end there is another copy, which meets the older driver. */
const COPY = '?on-node-22-13';

/** The package as it is loaded where Node has an older driver. */
async function loadThere(): Promise<{ open: typeof openSqliteStore; leave: () => void }> {
  const { registerHooks }: Hooking = await import('node:module');
  const hooks = registerHooks?.({
    resolve(specifier, context, next) {
      const isOurs = context.parentURL?.endsWith(COPY) === true;
      if (isOurs && specifier === 'node:sqlite') return { url: older, shortCircuit: true };
      const found = next(specifier, context);
      return isOurs && specifier.startsWith('.') ? { ...found, url: `${found.url}${COPY}` } : found;
    },
  });
  const place = import.meta.resolve('@login-policy/store-sqlite');
  const copy: { openSqliteStore: typeof openSqliteStore } = await import(place + COPY);
  return { open: copy.openSqliteStore, leave: () => hooks?.deregister() };
}

const older = new URL('./sqlite-of-node-22-13.js', import.meta.url).href;

describe('a store on the first Node that has SQLite of its own', () => {
  let folder: Folder;
  let driver: WatchedDriver;
  let store: SqliteStore;
  let open: typeof openSqliteStore;
  let leave: () => void;

  before(async () => {
    ({ open, leave } = await loadThere());
  });
  after(() => leave());

  beforeEach(async () => {
    folder = await freshFolder();
    driver = watchDriver();
    store = await open({ path: folder.path('store.db') });
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
    const memory = await open({ path: ':memory:' });
    await memory.eventStore.append(appendOne());
    for (const [source, count] of [
      [store, 2],
      [memory, 1],
    ] as const) {
      await source.backup(folder.path(`${count}.db`));
      const copy = await open({ path: folder.path(`${count}.db`), integrityCheck: 'full' });
      expect(await eventsOf(copy.eventStore)).to.have.length(count);
      await copy.close();
    }
    await memory.close();
  });

  async function isFoundOut(isCarriedOut: boolean): Promise<void> {
    driver.strikeAt('COMMIT', (proceed) => {
      if (isCarriedOut) proceed();
      throw driverError('disk I/O error', 1034);
    });
    const fault = await faultOf(store.eventStore.append(appendOne()));
    expect(isFault(fault, 'store-unavailable')).to.equal(!isCarriedOut);
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(isCarriedOut ? 4 : 3);
  }

  it('finds out that a failed commit was written', () => isFoundOut(true));
  it('finds out that a failed commit was not written', () => isFoundOut(false));

  it('rolls back a failed transaction, and continues', async () => {
    driver.strikeAt('INSERT INTO events', () => {
      throw new Error('struck');
    });
    expect(await faultOf(store.eventStore.append(appendOne()))).to.have.property('message', 'struck');
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(3);
  });
});
