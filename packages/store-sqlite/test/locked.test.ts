import { instant, isFault, revision, START, type Fault } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, type Folder } from './files.js';
import { Raw, type RawDatabase } from './raw.js';
import { SQL } from './statements.js';
import { driverError, type WatchedDriver } from './watched-driver.js';
import { leaveWatched, openWatched } from './watched-store.js';

const noSync = driverError('disk I/O error', 1034);
const ROW = { total: 1, revision: revision(0), countedAt: instant(0) };

let folder: Folder;
let path: string;
let driver: WatchedDriver;
let store: SqliteStore;

beforeEach(async () => {
  ({ folder, path, driver, store } = await openWatched({ busyTimeoutMs: 0 }));
});
afterEach(() => leaveWatched({ folder, driver, store }));

/** Turns of the event loop, until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a lock that another process holds', () => {
  let holder: RawDatabase;

  beforeEach(() => {
    holder = new Raw(path);
    holder.exec('BEGIN IMMEDIATE');
  });
  afterEach(() => holder.close());

  it('is awaited until the time-out', async () => {
    const fault = await faultOf(store.eventStore.append(appendOne()));
    expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    holder.exec('ROLLBACK');
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(1);
  });

  it('is awaited until the caller gives up', async () => {
    const patient = await openSqliteStore({ path, busyTimeoutMs: 600_000 });
    const control = new AbortController();
    const before = driver.count('BEGIN IMMEDIATE');
    const appending = faultOf(patient.eventStore.append({ ...appendOne(), signal: control.signal }));
    await until(() => driver.count('BEGIN IMMEDIATE') > before + 1);
    control.abort();
    const since = performance.now();
    const fault = await appending;
    expect(isFault(fault, 'deadline-exceeded'), String(fault)).to.equal(true);
    expect(performance.now() - since).to.be.below(paced(1000));
    holder.exec('ROLLBACK');
    await patient.close();
    expect(await eventsOf(store.eventStore)).to.have.length(0);
  });

  it('is not awaited to open a read model that is there', async () => {
    holder.exec('ROLLBACK');
    await store.readModels.open(counterTotals);
    await store.eventStore.append(appendOne());
    holder.exec('BEGIN IMMEDIATE');
    const another = await openSqliteStore({ path, busyTimeoutMs: 0 });
    const { rows } = await (await another.readModels.open(counterTotals)).read([STREAM]);
    expect(rows.get(STREAM)?.total).to.equal(1);
    await another.close();
    holder.exec('ROLLBACK');
  });

  it('is not awaited once the store is closed', async () => {
    const patient = await openSqliteStore({ path, busyTimeoutMs: 600_000 });
    const before = driver.count('BEGIN IMMEDIATE');
    const waiting = faultOf(patient.readModels.open(counterTotals));
    await until(() => driver.count('BEGIN IMMEDIATE') > before + 1);
    await patient.close();
    const fault = await waiting;
    expect(isFault(fault, 'store-closed'), String(fault)).to.equal(true);
    expect(fault).to.have.deep.property('facts', { store: path });
  });
});

describe('a failed commit of a read model', () => {
  function failCommit(why: Error = noSync): void {
    driver.strikeAt('COMMIT', (_, database) => {
      database.exec('ROLLBACK');
      throw why;
    });
  }

  it('is reported for an opening and for a step', async () => {
    failCommit();
    expect(isFault(await faultOf(store.readModels.open(counterTotals)), 'store-unavailable')).to.equal(true);
    const model = await store.readModels.open(counterTotals);
    const [event] = await store.eventStore.append(appendOne());
    if (event === undefined) throw new Error('nothing was recorded');
    const step = { expected: event.position, checkpoint: event.position, rows: new Map([[STREAM, ROW]]) };
    failCommit();
    expect(isFault(await faultOf(model.commit(step)), 'store-unavailable')).to.equal(true);
    await model.commit(step);
  });

  async function demandStepReported(code: Fault['code'], why: Error): Promise<void> {
    const shadow = await (await store.readModels.open(counterTotals)).beginRebuild();
    await shadow.commit({ expected: undefined, checkpoint: START, rows: new Map() });
    const step = { expected: START, checkpoint: START, rows: new Map([[STREAM, ROW]]) };
    failCommit(why);
    expect(await faultOf(shadow.commit(step))).to.include({ code });
    expect((await shadow.read([STREAM])).rows.size).to.equal(0);
    await shadow.commit(step);
    expect((await shadow.read([STREAM])).rows.get(STREAM)).to.include({ total: 1 });
  }

  async function demandEndReported(code: Fault['code'], why: Error): Promise<void> {
    const model = await store.readModels.open(counterTotals);
    const shadow = await model.beginRebuild();
    await shadow.commit({ expected: undefined, checkpoint: START, rows: new Map([[STREAM, ROW]]) });
    const end = { expected: START, checkpoint: START, rows: new Map() };
    failCommit(why);
    expect(await faultOf(shadow.promote(end))).to.include({ code });
    expect((await model.read([STREAM])).rows.size).to.equal(0);
    await shadow.promote(end);
    expect((await model.read([STREAM])).rows.get(STREAM)).to.include({ total: 1 });
  }

  for (const [code, why] of [
    ['store-unavailable', noSync],
    ['store-full', driverError('database or disk is full', 13)],
  ] as const) {
    it(`is reported for a step that leaves its checkpoint as it is, as in a rebuild: ${code}`, () =>
      demandStepReported(code, why));

    it(`is reported for the end of a rebuild, whose rows then stay as they were: ${code}`, () =>
      demandEndReported(code, why));
  }

  it('is reported if its outcome cannot be determined', async () => {
    failCommit();
    driver.strikeAt('PRAGMA wal_checkpoint', () => {
      throw noSync;
    });
    expect(isFault(await faultOf(store.readModels.open(counterTotals)), 'store-unavailable')).to.equal(true);
    await store.readModels.open(counterTotals);
  });
});

describe('a transaction of reads that cannot be ended', () => {
  it('ends with its connection, and the store continues with another', async () => {
    await store.eventStore.append(appendOne());
    driver.strikeAt('COMMIT', () => {
      throw noSync;
    });
    expect(await faultOf(store.eventStore.head())).to.include({ code: 'store-unavailable' });
    const [event] = await store.eventStore.append(appendOne());
    expect(await store.eventStore.head()).to.equal(event?.position);
  });
});

describe('a commit that fails, and so does the one that makes its outcome final', () => {
  it('ends with its connection, and the store continues with another', async () => {
    await store.eventStore.append(appendOne());
    // While another connection reads, the log can't be emptied: that takes a commit.
    const reader = new Raw(path);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM events').get();
    for (let times = 0; times < 2; times++)
      driver.strikeAt('COMMIT', () => {
        throw noSync;
      });
    expect(await faultOf(store.eventStore.append(appendOne()))).to.include({ code: 'outcome-unknown' });
    reader.close();
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(2);
  });
});

describe('a transaction that cannot be rolled back', () => {
  it('ends with its connection, and the store continues with another', async () => {
    await store.eventStore.append(appendOne());
    const [connection] = driver.open();
    driver.strikeAt(SQL.insertEvent, () => {
      throw new Error('struck');
    });
    driver.strikeAt('ROLLBACK', () => {
      throw noSync;
    });
    expect(await faultOf(store.eventStore.append(appendOne()))).to.have.property('message', 'struck');
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(2);
    expect(driver.open().some((one) => one === connection)).to.equal(false);
  });
});

describe('a caller that waits for events of another process', () => {
  it('finds them by polling', async () => {
    const impatient = await openSqliteStore({ path, pollIntervalMs: 1 });
    await impatient.eventStore.append(appendOne());
    const messages = impatient.eventStore.subscribe()[Symbol.asyncIterator]();
    for (let count = 0; count < 2; count++) await messages.next();
    const before = driver.count('PRAGMA data_version');
    const waiting = messages.next();
    await until(() => driver.count('PRAGMA data_version') > before + 10);
    await store.eventStore.append(appendOne());
    expect((await waiting).value).to.have.property('kind', 'events');
    await impatient.close();
  });
});
