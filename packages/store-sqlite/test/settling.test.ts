import { isFault, type Fault } from '@login-policy/event-sourcing';
import type { SqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf } from './events.js';
import { faultOf, type Folder } from './files.js';
import { Raw } from './raw.js';
import { driverError, type WatchedDriver } from './watched-driver.js';
import { leaveWatched, openWatched } from './watched-store.js';

const noSync = driverError('disk I/O error', 1034);

let folder: Folder;
let path: string;
let driver: WatchedDriver;
let store: SqliteStore;

beforeEach(async () => {
  ({ folder, path, driver, store } = await openWatched());
  await store.eventStore.append(appendOne());
});
afterEach(() => leaveWatched({ folder, driver, store }));

function failCommit(): void {
  driver.strikeAt('COMMIT', (_, database) => {
    database.exec('ROLLBACK');
    throw noSync;
  });
}

describe('the remains of a failed commit in the write-ahead log', () => {
  it('are removed with the log, without another commit', async () => {
    failCommit();
    const [commits, looks] = [driver.count('COMMIT'), driver.count('PRAGMA user_version')];
    expect(isFault(await faultOf(store.eventStore.append(appendOne())), 'store-unavailable')).to.equal(true);
    expect([driver.count('COMMIT'), driver.count('PRAGMA user_version')]).to.deep.equal([commits + 1, looks]);
  });

  async function isOverwritten(times: 1 | 2, code: Fault['code']): Promise<void> {
    const reader = new Raw(path);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM events').get();
    for (let time = 0; time < times; time++) failCommit();
    const [commits, looks] = [driver.count('COMMIT'), driver.count('PRAGMA user_version')];
    const fault = await faultOf(store.eventStore.append(appendOne()));
    expect(isFault(fault, code), String(fault)).to.equal(true);
    expect([driver.count('COMMIT'), driver.count('PRAGMA user_version')]).to.deep.equal([commits + 2, looks + 1]);
    reader.close();
    expect(await eventsOf(store.eventStore)).to.have.length(1);
  }

  it('are overwritten by an own commit if another process reads the log', () => isOverwritten(1, 'store-unavailable'));
  it('may still be there if that fails, too', () => isOverwritten(2, 'outcome-unknown'));
});
