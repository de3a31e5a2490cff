import { streamId, type StreamId } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, eventsOf } from './events.js';
import { freshFolder, type Folder } from './files.js';
import { tamper } from './raw.js';
import { SQL } from './statements.js';
import { watchDriver, type WatchedDriver } from './watched-driver.js';

const streams = Array.from({ length: 20 }, (_, index) => streamId('Counter', `${index}`));

let folder: Folder;
let driver: WatchedDriver;
let store: SqliteStore;
let other: SqliteStore;

beforeEach(async () => {
  folder = await freshFolder();
  driver = watchDriver();
  [store, other] = [await openHere(), await openHere()];
  for (const stream of streams) await store.eventStore.append(appendOne(stream));
});
afterEach(async () => {
  driver.restore();
  for (const one of [store, other]) await one.close();
  await folder.remove();
});

function openHere(): Promise<SqliteStore> {
  return openSqliteStore({ path: folder.path('store.db'), durability: 'normal' });
}

/** How often a name was looked up by its number, a number by its name, and names in their order. */
function lookUps(): readonly number[] {
  return [SQL.readName, SQL.readNameId, SQL.readNextNames].map((sql) => driver.count(sql));
}

describe('the cache of names', () => {
  it('are looked up once, even while another program writes', async () => {
    for (const stream of streams) expect(await eventsOf(store.eventStore, stream)).to.have.length(1);
    const before = lookUps();
    for (const stream of streams) {
      await other.eventStore.append(appendOne());
      await store.eventStore.append(appendOne(stream));
      expect(await eventsOf(store.eventStore, stream)).to.have.length(2);
    }
    // The other store has those to learn that it needs: one stream, its category and the type.
    const [byNumber = 0, byName = 0, inOrder] = before;
    expect(lookUps()).to.deep.equal([byNumber, byName + 4, inOrder]);
  });

  it('are cached in advance by a read of one stream after another', async () => {
    const upTo = await other.eventStore.head();
    const before = lookUps();
    let count = 0;
    for await (const page of other.eventStore.readStreams?.({ upTo, pageSize: 3 }) ?? []) count += page.length;
    expect(count).to.equal(streams.length);
    const [byNumber, , inOrder = 0] = before;
    const [byNumberThen, , inOrderThen] = lookUps();
    // Once for all, and once more to find that there are no others.
    expect([byNumberThen, inOrderThen]).to.deep.equal([byNumber, inOrder + 2]);
  });
  it('tell the streams of a category, so that those of others are not looked at', async () => {
    const one = streamId('Another', 'one');
    await store.eventStore.append(appendOne(one));
    tamper(folder.path('store.db'), 'UPDATE events SET category = (SELECT max(category) FROM events)');
    const upTo = await store.eventStore.head();
    const found: StreamId[] = [];
    const filter = { categories: ['None', 'Counter', 'Counter'] };
    for await (const page of store.eventStore.readStreams?.({ upTo, filter, pageSize: 7 }) ?? [])
      found.push(...page.map((event) => event.streamId));
    expect(found).to.deep.equal([...streams].sort());
  });
});
