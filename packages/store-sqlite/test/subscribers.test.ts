import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne } from './events.js';
import { SQL } from './statements.js';
import { watchDriver } from './watched-driver.js';

const SUBSCRIBERS = 200;

describe('many subscribers to a store on SQLite', () => {
  it('cause one read of the log per commit (L4)', async () => {
    const driver = watchDriver();
    const store = await openSqliteStore({ path: ':memory:' });
    const all = Array.from({ length: SUBSCRIBERS }, () => store.eventStore.subscribe()[Symbol.asyncIterator]());
    for (const messages of all) expect((await messages.next()).value).to.include({ kind: 'caught-up' });
    const before = driver.count(SQL.readManyStreams);
    await store.eventStore.append(appendOne());
    for (const messages of all) {
      expect((await messages.next()).value).to.include({ kind: 'events' });
      expect((await messages.next()).value).to.include({ kind: 'caught-up' });
    }
    expect(driver.count(SQL.readManyStreams) - before).to.equal(1);
    for (const messages of all) await messages.return?.();
    driver.restore();
    await store.close();
  });
});
