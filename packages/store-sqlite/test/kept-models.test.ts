import { streamId } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, STREAM } from './events.js';
import { freshFolder, type Folder } from './files.js';
import { tamper } from './raw.js';
import { SQL } from './statements.js';
import { watchDriver, type WatchedDriver } from './watched-driver.js';

const ANOTHER = streamId('Counter', 'another');

/** What keeps a read model from what was written without it. */
interface Broken {
  readonly projection: typeof counterTotals;
  readonly damage: string;
}

const BROKEN: Readonly<Record<string, Broken>> = {
  'an event is damaged': { projection: counterTotals, damage: "UPDATE events SET data = 'torn'" },
  'a row can be written by nobody': { projection: { ...counterTotals, index: refuse }, damage: '' },
  'an event can not be reduced': { projection: { ...counterTotals, reduce: refuse }, damage: '' },
  'it is there no more': { projection: counterTotals, damage: 'DELETE FROM models' },
};

function refuse(): never {
  throw new Error('no row is right');
}

describe('how far a read model is that appends keep', () => {
  let folder: Folder;
  let driver: WatchedDriver;
  const opened: SqliteStore[] = [];

  beforeEach(async () => {
    folder = await freshFolder();
    driver = watchDriver();
  });

  afterEach(async () => {
    driver.restore();
    for (const store of opened.splice(0)) await store.close();
    await folder.remove();
  });

  async function open(): Promise<SqliteStore> {
    const store = await openSqliteStore({ path: folder.path('store.db') });
    opened.push(store);
    return store;
  }

  async function totalIn(store: SqliteStore): Promise<unknown> {
    const model = await store.readModels.open(counterTotals);
    const { rows, checkpoint } = await model.read([STREAM]);
    return { total: rows.get(STREAM)?.total, isAtHead: checkpoint === (await store.eventStore.head()) };
  }

  it('is written by each append, and by no other statement', async () => {
    const store = await open();
    await store.readModels.open(counterTotals);
    for (let count = 0; count < 3; count++) await store.eventStore.append(appendOne());
    expect(driver.count(SQL.updateModel)).to.equal(3);
    expect(driver.compiled(SQL.insertEvent), 'no statement is compiled twice').to.equal(1);
    expect(await totalIn(store)).to.deep.equal({ total: 3, isAtHead: true });
    expect(await totalIn(await open())).to.deep.equal({ total: 3, isAtHead: true });
  });

  it('stays where it is when a program appends without it, and appends with it leave it there', async () => {
    const [store, without] = [await open(), await open()];
    await store.readModels.open(counterTotals);
    await store.eventStore.append(appendOne());
    for (let count = 0; count < 2; count++) await without.eventStore.append(appendOne());
    expect(await totalIn(await open())).to.deep.equal({ total: 1, isAtHead: false });
    await store.eventStore.append(appendOne());
    expect(await totalIn(store)).to.deep.equal({ total: 1, isAtHead: false });
  });

  async function isLeftBehind({ projection, damage }: Broken): Promise<void> {
    const [store, without] = [await open(), await open()];
    const model = await store.readModels.open(projection);
    await without.eventStore.append(appendOne());
    tamper(folder.path('store.db'), damage);
    const [event] = await store.eventStore.append(appendOne(ANOTHER));
    expect(await store.eventStore.head()).to.equal(event?.position);
    expect(await model.checkpoint()).to.equal(undefined);
  }

  for (const [what, broken] of Object.entries(BROKEN)) {
    it(`stays where it is when ${what}, and is in no append's way`, () => isLeftBehind(broken));
  }

  it('stays where it is when an append with it is refused, or has no event', async () => {
    const [store, without] = [await open(), await open()];
    await store.readModels.open(counterTotals);
    await store.eventStore.append(appendOne());
    const receipt = { key: 'a', fingerprint: 'b' };
    await without.eventStore.append({ streamId: STREAM, expected: 'any', events: [], receipt });
    expect(await totalIn(store)).to.deep.equal({ total: 1, isAtHead: true });
    expect(driver.count(SQL.updateModel)).to.equal(1);
  });
});
