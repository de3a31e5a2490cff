import { ProjectionRunner, isFault, streamId } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, type Folder } from './files.js';
import { tamper } from './raw.js';
import { SQL } from './statements.js';
import { driverError, type WatchedDriver } from './watched-driver.js';
import { leaveWatched, openWatched } from './watched-store.js';

const noSync = driverError('disk I/O error', 1034);
const streams = ['a', 'b', 'c'].map((key) => streamId('Counter', key));

let folder: Folder;
let path: string;
let driver: WatchedDriver;
let store: SqliteStore;

beforeEach(async () => {
  ({ folder, path, driver, store } = await openWatched());
  await store.eventStore.append(appendOne());
});
afterEach(() => leaveWatched({ folder, driver, store }));

/** Opens the file from another place, as after a crash. */
async function foundLater(stream = STREAM): Promise<number> {
  const later = await openSqliteStore({ path });
  const found = await eventsOf(later.eventStore, stream);
  await later.close();
  return found.length;
}

describe('a commit that ends with an error', () => {
  const receipt = { key: 'k', fingerprint: 'f' };

  it('but was written is an acknowledged append', async () => {
    driver.strikeAt('COMMIT', (proceed) => {
      proceed();
      throw noSync;
    });
    const [first, second, third] = await Promise.allSettled([
      store.eventStore.append(appendOne()),
      store.eventStore.append({ ...appendOne(), expected: 'no-stream' }),
      store.eventStore.append({ streamId: STREAM, expected: 'any', events: [], receipt }),
    ]);
    expect(first).to.have.property('status', 'fulfilled');
    expect(second).to.have.nested.property('reason.code', 'revision-conflict');
    expect(third).to.have.property('status', 'fulfilled');
    expect(await foundLater()).to.equal(2);
    expect(await store.eventStore.receipt(STREAM, 'k')).to.include(receipt);
  });

  it('and was not written is an append that is never written', async () => {
    driver.strikeAt('COMMIT', (_, database) => {
      database.exec('ROLLBACK');
      throw noSync;
    });
    const faults = await Promise.all([
      faultOf(store.eventStore.append(appendOne())),
      faultOf(store.eventStore.append({ streamId: STREAM, expected: 'any', events: [], receipt })),
    ]);
    for (const fault of faults) expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    expect(await foundLater()).to.equal(1);
    expect(await store.eventStore.receipt(STREAM, 'k')).to.equal(undefined);
    await store.eventStore.append(appendOne());
    expect(await foundLater()).to.equal(2);
  });

  it('and was not written is not taken for written because of a refused append in the group', async () => {
    driver.strikeAt('COMMIT', (_, database) => {
      database.exec('ROLLBACK');
      throw noSync;
    });
    const [, lost] = await Promise.all([
      faultOf(store.eventStore.append({ ...appendOne(), expected: 'no-stream' })),
      faultOf(store.eventStore.append(appendOne())),
    ]);
    expect(isFault(lost, 'store-unavailable'), String(lost)).to.equal(true);
    expect(await foundLater()).to.equal(1);
  });

  it('and was not written is not taken for written if it had only a receipt', async () => {
    driver.strikeAt('COMMIT', (_, database) => {
      database.exec('ROLLBACK');
      throw noSync;
    });
    const lost = await faultOf(store.eventStore.append({ streamId: STREAM, expected: 'any', events: [], receipt }));
    expect(isFault(lost, 'store-unavailable'), String(lost)).to.equal(true);
    expect(await store.eventStore.receipt(STREAM, 'k')).to.equal(undefined);
  });

  it('but was written is acknowledged, even if a caller of the group had given up before', async () => {
    const giving = new AbortController();
    driver.strikeAt('BEGIN IMMEDIATE', () => {
      giving.abort();
      throw driverError('database is locked', 5);
    });
    driver.strikeAt('COMMIT', (proceed) => {
      proceed();
      throw noSync;
    });
    const appends = [{ ...appendOne(), receipt, signal: giving.signal }, appendOne()];
    const [gaveUp, stayed] = await Promise.all(appends.map((append) => faultOf(store.eventStore.append(append))));
    expect(isFault(gaveUp, 'deadline-exceeded'), String(gaveUp)).to.equal(true);
    expect(stayed).to.equal(undefined);
    expect(await foundLater()).to.equal(2);
    expect(await store.eventStore.receipt(STREAM, 'k')).to.equal(undefined);
  });

  it('is checked over another connection, once nothing of it is left in the log', async () => {
    driver.strikeAt('COMMIT', (proceed) => {
      proceed();
      throw noSync;
    });
    const before = driver.count('PRAGMA wal_checkpoint(TRUNCATE)');
    const [old] = driver.open();
    await store.eventStore.append(appendOne());
    expect(driver.count('PRAGMA wal_checkpoint(TRUNCATE)')).to.be.above(before);
    expect(driver.open().some((connection) => connection === old)).to.equal(false);
  });

  it('has an unknown outcome if the check fails, too; then the store continues', async () => {
    driver.strikeAt('COMMIT', (proceed) => {
      proceed();
      throw noSync;
    });
    driver.strikeAt('PRAGMA wal_checkpoint', () => {
      throw noSync;
    });
    const fault = await faultOf(store.eventStore.append(appendOne()));
    expect(isFault(fault, 'outcome-unknown'), String(fault)).to.equal(true);
    expect(fault).to.have.nested.property('facts.streamId', STREAM);
    expect(await foundLater()).to.equal(2);
    await store.eventStore.append(appendOne());
    expect(await foundLater()).to.equal(3);
  });

  it('is settled by an own commit if another process reads the log', async () => {
    const reader = await openSqliteStore({ path });
    const [handle] = driver.open().slice(-1);
    handle?.exec('BEGIN; SELECT * FROM events');
    driver.strikeAt('COMMIT', (_, database) => {
      database.exec('ROLLBACK');
      throw noSync;
    });
    const fault = await faultOf(store.eventStore.append(appendOne()));
    expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    handle?.exec('COMMIT');
    await reader.close();
  });
});

describe('a read that fails', () => {
  const noRead = driverError('disk I/O error', 266);

  it('refuses only the append that it was for', async () => {
    for (const stream of streams) await store.eventStore.append(appendOne(stream));
    // It remembers nothing yet, and has to look.
    const later = await openSqliteStore({ path });
    driver.strikeAt(SQL.readStreamHead, () => {
      throw noRead;
    });
    const faults = await Promise.all(streams.map((stream) => faultOf(later.eventStore.append(appendOne(stream)))));
    await later.close();
    expect(faults.map((fault) => isFault(fault, 'store-unavailable'))).to.deep.equal([true, false, false]);
    expect(await Promise.all(streams.map((stream) => foundLater(stream)))).to.deep.equal([1, 2, 2]);
  });

  it('does not affect the next read, whatever failed before', async () => {
    const later = await openSqliteStore({ path });
    for (const start of ['SELECT position', 'INSERT INTO events', 'SELECT position']) {
      driver.strikeAt(start, () => {
        throw noRead;
      });
      const call = start.startsWith('SELECT') ? later.eventStore.head() : later.eventStore.append(appendOne());
      expect(isFault(await faultOf(call), 'store-unavailable')).to.equal(true);
      expect(await eventsOf(later.eventStore)).to.have.length(1);
    }
    await later.close();
  });

  it('reports its own error if SQLite has ended the transaction', async () => {
    const model = await store.readModels.open(counterTotals);
    driver.strikeAt(SQL.readModel, (_, database) => {
      database.exec('ROLLBACK');
      throw noRead;
    });
    const fault = await faultOf(model.read([STREAM]));
    expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    await model.read([STREAM]);
  });
});

describe('rows of one read', () => {
  it('are of one snapshot, although another process writes meanwhile', async () => {
    for (const stream of streams) await store.eventStore.append(appendOne(stream));
    await (await ProjectionRunner.open({ store, projection: counterTotals, follows: 'on-demand' })).catchUp();
    const reader = await openSqliteStore({ path });
    const model = await reader.readModels.open(counterTotals);
    driver.strikeAt(SQL.readRow, (proceed) => {
      tamper(path, 'DELETE FROM rows');
      return proceed();
    });
    expect((await model.read(streams)).rows.size).to.equal(streams.length);
    await reader.close();
  });
});

describe('a store in memory', () => {
  it('is unchanged after a failed commit', async () => {
    const memory = await openSqliteStore({ path: ':memory:' });
    await memory.eventStore.append(appendOne());
    driver.strikeAt('COMMIT', () => {
      throw noSync;
    });
    expect(isFault(await faultOf(memory.eventStore.append(appendOne())), 'store-unavailable')).to.equal(true);
    await memory.eventStore.append(appendOne());
    expect(await eventsOf(memory.eventStore)).to.have.length(2);
    await memory.close();
  });
});

describe('a read that makes SQLite roll the transaction back', () => {
  it('fails the whole group: nothing is written outside of a transaction', async () => {
    let reads = 0;
    const rollBackAtSecond = (): void =>
      driver.strikeAt(SQL.readStreamHead, (proceed, database) => {
        reads++;
        if (reads === 1) {
          rollBackAtSecond();
          return proceed();
        }
        database.exec('ROLLBACK');
        throw driverError('disk I/O error', 266);
      });
    for (const stream of streams) await store.eventStore.append(appendOne(stream));
    // It remembers nothing yet, and has to look.
    const later = await openSqliteStore({ path });
    rollBackAtSecond();
    const faults = await Promise.all(streams.map((stream) => faultOf(later.eventStore.append(appendOne(stream)))));
    for (const fault of faults) expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    for (const stream of streams) expect(await foundLater(stream), stream).to.equal(1);
    await later.eventStore.append(appendOne());
    await later.close();
    expect(await foundLater()).to.equal(2);
  });
});
