import { instant, isFault, type Position, ProjectionRunner, streamId, type Fault } from '@login-policy/event-sourcing';
import type { ReadModel } from '@login-policy/event-sourcing/store';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, newEvent, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { Raw, tamper, valueOf } from './raw.js';
import { SQL } from './statements.js';
import { watchDriver, type WatchedDriver } from './watched-driver.js';

describe('the rows of a read model that were used last', () => {
  let folder: Folder;
  let driver: WatchedDriver;
  let store: SqliteStore;
  let model: ReadModel<CounterRow>;

  beforeEach(async () => {
    folder = await freshFolder();
    driver = watchDriver();
    store = await openSqliteStore({ path: folder.path('store.db') });
    model = await store.readModels.open(counterTotals);
  });

  afterEach(async () => {
    driver.restore();
    await store.close();
    await folder.remove();
  });

  async function readAt(): Promise<[total: number | undefined, checkpoint: Position | undefined]> {
    const { rows, checkpoint, head } = await model.read([STREAM]);
    expect(head).to.equal(checkpoint);
    return [rows.get(STREAM)?.total, checkpoint];
  }

  it('are neither looked up nor decoded again as long as nobody writes', async () => {
    const [event] = await store.eventStore.append(appendOne());
    expect(await readAt()).to.deep.equal([1, event?.position]);
    const before = driver.count(SQL.anyRead);
    for (let round = 0; round < 100; round++) expect(await readAt()).to.deep.equal([1, event?.position]);
    expect(driver.count(SQL.anyRead)).to.equal(before);
    for (let round = 0; round < 2; round++) expect((await model.read(['nobody'])).rows.size).to.equal(0);
    const rowsRead = driver.count(SQL.readRow);
    await store.eventStore.append(appendOne());
    expect(driver.count(SQL.readRow)).to.equal(rowsRead);
  });

  it('are what they became by each append, here and through another opening', async () => {
    const other = await openSqliteStore({ path: folder.path('store.db') });
    const follower = await ProjectionRunner.open({ store: other, projection: counterTotals });
    for (let round = 1; round <= 20; round++) {
      const [event] = await (round % 2 === 0 ? store : other).eventStore.append(appendOne());
      expect(await readAt()).to.deep.equal([round, event?.position]);
      expect((await follower.read([STREAM])).rows.get(STREAM)?.total).to.equal(round);
    }
    await follower.close();
    await other.close();
  });

  it('do without no row that a new stream shares with another one', async () => {
    const [other, alone] = [streamId('Counter', 'other'), streamId('Counter', 'alone')];
    const shared: typeof counterTotals = {
      ...counterTotals,
      name: 'shared-counters',
      key: (stream) => (stream === alone ? alone : STREAM),
    };
    const elsewhere = await openSqliteStore({ path: folder.path('store.db') });
    await elsewhere.readModels.open(shared);
    await elsewhere.eventStore.append(appendOne(other));
    await elsewhere.close();
    const sharing = await store.readModels.open(shared);
    // From here on, the log is known to this opening, but not the shared row.
    await store.eventStore.append(appendOne(alone));
    await store.eventStore.append({ ...appendOne(), expected: 'no-stream' });
    expect((await sharing.read([STREAM])).rows.get(STREAM)?.total).to.equal(2);
  });

  it('are what they were when the transaction that changed them was taken back', async () => {
    const [event] = await store.eventStore.append(appendOne());
    await readAt();
    // The rows of the first are written; the second ends the transaction of both.
    driver.strikeAt(SQL.insertEvent, (proceed) => {
      driver.strikeAt(SQL.insertEvent, () => {
        throw new Error('struck');
      });
      return proceed();
    });
    const group = [store.eventStore.append(appendOne()), store.eventStore.append(appendOne())];
    for (const fault of await Promise.all(group.map(faultOf))) expect(fault).to.have.property('message', 'struck');
    expect(await readAt()).to.deep.equal([1, event?.position]);
    await store.eventStore.append(appendOne());
    expect((await readAt())[0]).to.equal(2);
  });

  it('are written without their index when that stays the same', async () => {
    await store.eventStore.append(appendOne());
    const before = driver.count(SQL.insertEntry);
    const even = { ...newEvent(), data: { by: 2 } };
    await store.eventStore.append({ streamId: STREAM, expected: 'any', events: [even] });
    expect(driver.count(SQL.insertEntry)).to.equal(before);
    expect((await model.keys({ index: 'parity', value: 'odd' })).rows).to.deep.equal([STREAM]);
  });

  it('are not those of a copy that nobody reads yet', async () => {
    const [event] = await store.eventStore.append(appendOne());
    if (event === undefined) throw new Error('nothing was recorded');
    const row = { revision: 0n, countedAt: instant(0), total: 1 };
    const copy = await model.beginRebuild();
    await copy.commit({ expected: undefined, checkpoint: event.position, rows: new Map([[STREAM, row]]) });
    const before = driver.count(SQL.readRow);
    expect((await copy.read([STREAM])).rows.get(STREAM)?.total).to.equal(1);
    expect(driver.count(SQL.readRow)).to.equal(before + 1);
  });

  it('are gone with the read model whose place a rebuild took', async () => {
    await store.eventStore.append(appendOne());
    await (await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' })).rebuild();
    const raw = new Raw(folder.path('store.db'));
    const left = ['models', 'rows', 'row_index'].map((table) => valueOf(raw, `SELECT count(*) FROM ${table}`));
    raw.close();
    expect(left).to.deep.equal([1, 1, 1]);
  });

  it('are those of a rebuild once it has taken their place', async () => {
    await store.eventStore.append(appendOne());
    const [, checkpoint] = await readAt();
    if (checkpoint === undefined) throw new Error('nothing was kept');
    const { rows } = await model.read([STREAM]);
    const row = { revision: 0n, countedAt: instant(0), ...rows.get(STREAM), total: 7 };
    const copy = await model.beginRebuild();
    await copy.promote({ expected: undefined, checkpoint, rows: new Map([[STREAM, row]]) });
    expect((await readAt())[0]).to.equal(7);
    const [event] = await store.eventStore.append(appendOne());
    expect(await readAt()).to.deep.equal([8, event?.position]);
  });

  it('are refused from another place than they are at, and where they would go back', async () => {
    const [first] = await store.eventStore.append(appendOne());
    const copy = await model.beginRebuild();
    const [second] = await store.eventStore.append(appendOne());
    if (first === undefined || second === undefined) throw new Error('nothing was recorded');
    const [at, rows] = [second.position, new Map()];
    const refused = async (work: Promise<void>, code: Fault['code']): Promise<unknown> => {
      const fault = await faultOf(work);
      if (!isFault(fault, code)) throw new Error(`${String(fault)} is not ${code}`);
      return fault.facts;
    };
    const name = 'counter-totals.v1';
    const early = model.commit({ expected: first.position, checkpoint: at, rows });
    const facts = { model: name, expected: first.position, actual: at };
    expect(await refused(early, 'checkpoint-conflict')).to.deep.equal(facts);
    tamper(folder.path('store.db'), "UPDATE events SET data = 'torn' WHERE position = 2");
    const back = copy.promote({ expected: undefined, checkpoint: first.position, rows });
    expect(await refused(back, 'checkpoint-conflict')).to.deep.equal(facts);
    await model.beginRebuild();
    const late = copy.commit({ expected: undefined, checkpoint: at, rows });
    expect(await refused(late, 'rebuild-superseded')).to.deep.equal({ model: name });
  });
});
