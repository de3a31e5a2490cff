import { isFault } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, eventsOf } from './events.js';
import { faultOf } from './files.js';
import { driverError } from './watched-driver.js';
import { leaveWatched, openWatched } from './watched-store.js';

const full = driverError('database or disk is full', 13);

describe('a commit on a full disk', () => {
  it('is refused with store-full although it cannot be settled for lack of room, and nothing is written', async () => {
    const { driver, folder, path, store } = await openWatched();
    await store.eventStore.append(appendOne());
    driver.strikeAt('COMMIT', (_, database) => {
      database.exec('ROLLBACK');
      throw full;
    });
    driver.strikeAt('PRAGMA wal_checkpoint', () => {
      throw full;
    });
    const faults = await Promise.all([1, 2].map(() => faultOf(store.eventStore.append(appendOne()))));
    for (const fault of faults) expect(isFault(fault, 'store-full'), String(fault)).to.equal(true);
    const later = await openSqliteStore({ path });
    expect(await eventsOf(later.eventStore)).to.have.length(1);
    await later.close();
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(2);
    await leaveWatched({ driver, folder, store });
  });

  it('is acknowledged if it was written all the same', async () => {
    const { driver, folder, store } = await openWatched();
    driver.strikeAt('COMMIT', (proceed) => {
      proceed();
      throw full;
    });
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(1);
    await leaveWatched({ driver, folder, store });
  });
});
