import { isFault, streamId } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, freshFolder, type Folder } from './files.js';
import { driverError, watchDriver, type WatchedDriver } from './watched-driver.js';

const streams = ['a', 'b', 'c'].map((key) => streamId('Counter', key));

let folder: Folder;
let path: string;
let driver: WatchedDriver;
let store: SqliteStore;

beforeEach(async () => {
  folder = await freshFolder();
  path = folder.path('store.db');
  driver = watchDriver();
  store = await openSqliteStore({ path });
  await store.eventStore.append(appendOne());
});
afterEach(async () => {
  driver.restore();
  await store.close();
  await folder.remove();
});

/** Opens the file from another place, as after a crash. */
async function foundLater(stream = STREAM): Promise<number> {
  const later = await openSqliteStore({ path });
  const found = await eventsOf(later.eventStore, stream);
  await later.close();
  return found.length;
}

describe('a read that makes SQLite roll the transaction back', () => {
  it('fails the whole group: nothing of it goes on without a transaction', async () => {
    let reads = 0;
    const rollBackAtSecond = (): void =>
      driver.strikeAt('SELECT revision, recorded_at', (proceed, database) => {
        reads++;
        if (reads === 1) {
          rollBackAtSecond();
          return proceed();
        }
        database.exec('ROLLBACK');
        throw driverError('disk I/O error', 'SQLITE_IOERR_READ');
      });
    for (const stream of streams) await store.eventStore.append(appendOne(stream));
    rollBackAtSecond();
    const faults = await Promise.all(streams.map((stream) => faultOf(store.eventStore.append(appendOne(stream)))));
    for (const fault of faults) expect(isFault(fault, 'store-unavailable'), String(fault)).to.equal(true);
    for (const stream of streams) expect(await foundLater(stream), stream).to.equal(1);
    await store.eventStore.append(appendOne());
    expect(await foundLater()).to.equal(2);
  });
});
