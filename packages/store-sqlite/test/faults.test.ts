import { isFault, type Fault } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne } from './events.js';
import { faultOf } from './files.js';
import { SQL } from './statements.js';
import { driverError, watchDriver, type WatchedDriver } from './watched-driver.js';

let driver: WatchedDriver;
let store: SqliteStore;

beforeEach(async () => {
  driver = watchDriver();
  store = await openSqliteStore({ path: ':memory:' });
});
afterEach(async () => {
  driver.restore();
  await store.close();
});

/** What a read rejects with where the driver answers it with that error. */
function faultAt(error: unknown): Promise<unknown> {
  driver.strikeAt(SQL.readHead, () => {
    throw error;
  });
  return faultOf(store.eventStore.head());
}

describe('an error of the driver about a file', () => {
  const meanings: readonly (readonly [code: string, errcode: number, fault: Fault['code']])[] = [
    ['SQLITE_BUSY_SNAPSHOT', 517, 'store-unavailable'],
    ['SQLITE_LOCKED_SHAREDCACHE', 262, 'store-unavailable'],
    ['SQLITE_IOERR', 10, 'store-unavailable'],
    ['SQLITE_CANTOPEN', 14, 'store-unavailable'],
    ['SQLITE_READONLY_DBMOVED', 1032, 'store-unavailable'],
    ['SQLITE_PROTOCOL', 15, 'store-unavailable'],
    ['SQLITE_CORRUPT_INDEX', 779, 'store-damaged'],
    ['SQLITE_NOTADB', 26, 'store-damaged'],
    ['SQLITE_ERROR', 1, 'store-foreign'],
    ['SQLITE_CONSTRAINT_TRIGGER', 1811, 'store-foreign'],
  ];
  for (const [code, errcode, meant] of meanings) {
    it(`becomes the fault ${meant} with the driver's message: ${code}`, async () => {
      const error = driverError(`as ${code} has it`, errcode);
      const fault = await faultAt(error);
      expect(isFault(fault, meant), String(fault)).to.equal(true);
      expect(fault).to.deep.include({ facts: { store: ':memory:', problem: `as ${code} has it` }, cause: error });
    });
  }

  it('becomes the fault store-full, with a fixed message, if there is no room', async () => {
    for (const error of [driverError('database or disk is full', 13), driverError('disk I/O error', 4874)]) {
      const fault = await faultAt(error);
      expect(isFault(fault, 'store-full'), String(fault)).to.equal(true);
      expect(fault).to.deep.include({ facts: { store: ':memory:' }, cause: error });
    }
  });

  it('stays as it is if it is about how the driver is used, because that is a defect', async () => {
    const unknown = driverError('bad parameter or other API misuse', 21);
    for (const error of [unknown, new Error('of somebody else'), 'no error at all']) {
      expect(await faultAt(error)).to.equal(error);
    }
  });
});

describe('a closed store', () => {
  it('names itself in the fault of a later call', async () => {
    await store.close();
    for (const call of [() => store.eventStore.head(), () => store.eventStore.append(appendOne())]) {
      const fault = await faultOf(call());
      expect(isFault(fault, 'store-closed'), String(fault)).to.equal(true);
      expect(fault).to.deep.include({ facts: { store: ':memory:' } });
    }
  });
});

describe('a page that can not be read', () => {
  it('is not read again', async () => {
    await store.eventStore.append(appendOne());
    const other = driverError('database disk image is malformed', 11);
    driver.strikeAt(SQL.readLog, () => {
      throw other;
    });
    const read = store.eventStore.readAll()[Symbol.asyncIterator]();
    expect(isFault(await faultOf(read.next()), 'store-damaged')).to.equal(true);
  });
});
