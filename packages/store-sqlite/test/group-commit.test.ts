import { isFault, streamId, type Observation, type Observe, type StreamId } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendOne, eventsOf, STREAM } from './events.js';
import { faultOf, freshFolder } from './files.js';
import { valueOf } from './raw.js';
import { watchDriver } from './watched-driver.js';

/** A store, the driver's connection it has, and how many transactions were begun on it. */
async function watchedStore(path = ':memory:', observe?: Observe) {
  const driver = watchDriver();
  const store = await openSqliteStore({ path, ...(observe && { observe }) });
  const [database] = driver.open();
  if (database === undefined) throw new Error('the store has opened nothing');
  const opened = driver.count('BEGIN');
  const close = async (): Promise<void> => {
    driver.restore();
    await store.close();
  };
  return { database, store, begun: () => driver.count('BEGIN') - opened, close };
}

function keyOfGood(stream: StreamId): string {
  if (stream.endsWith('bad')) throw new Error('no row is right');
  return 'all';
}

describe('concurrent appends', () => {
  it('share one transaction', async () => {
    const told: Observation[] = [];
    const { store, begun, close } = await watchedStore(':memory:', (observation) => told.push(observation));
    const streams = Array.from({ length: 32 }, (_, index) => streamId('Counter', `${index}`));
    await Promise.all(streams.map((stream) => store.eventStore.append(appendOne(stream))));
    expect(begun()).to.equal(1);
    expect(told).to.deep.equal([{ type: 'group', appends: 32 }]);
    await close();
  });

  it('are refused one by one: a conflict affects no other append', async () => {
    const { store, begun, close } = await watchedStore();
    await store.eventStore.append(appendOne());
    const wrong = { ...appendOne(), expected: 'no-stream' } as const;
    const outcomes = await Promise.allSettled(
      [appendOne(), wrong, appendOne()].map((one) => store.eventStore.append(one)),
    );
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(begun()).to.equal(2);
    expect((await eventsOf(store.eventStore)).map(({ revision }) => revision)).to.deep.equal([0n, 1n, 2n]);
    await close();
  });

  it('are refused one by one if a projection throws for the key of a stream', async () => {
    const { store, close } = await watchedStore();
    await store.readModels.open({ ...counterTotals, key: keyOfGood });
    const outcomes = await Promise.allSettled(
      [STREAM, streamId('Counter', 'bad'), STREAM].map((stream) => store.eventStore.append(appendOne(stream))),
    );
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(await eventsOf(store.eventStore)).to.have.length(2);
    await close();
  });

  it('are all not written if the transaction fails, and the store continues', async () => {
    const { database, store, close } = await watchedStore();
    database.exec(`CREATE TRIGGER strike BEFORE INSERT ON events WHEN NEW.stream = 'Counter-bad'
      BEGIN SELECT RAISE(ABORT, 'struck'); END`);
    const faults = await Promise.all(
      [appendOne(), appendOne(streamId('Counter', 'bad')), appendOne()].map((one) =>
        faultOf(store.eventStore.append(one)),
      ),
    );
    for (const fault of faults) {
      expect(isFault(fault, 'store-foreign')).to.equal(true);
      expect(String(fault)).to.match(/: struck$/);
    }
    expect(await eventsOf(store.eventStore)).to.have.length(0);
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore)).to.have.length(1);
    await close();
  });
});

describe('a full disk', () => {
  it('refuses what does not fit, keeps acknowledged events, and accepts more when there is room again', async () => {
    const folder = await freshFolder();
    const { database, store, close } = await watchedStore(folder.path('store.db'));
    database.exec(`PRAGMA max_page_count = ${Number(valueOf(database, 'PRAGMA page_count')) + 40}`);
    let acknowledged = 0;
    let fault: unknown;
    while (fault === undefined) {
      fault = await faultOf(store.eventStore.append(appendOne()));
      if (fault === undefined) acknowledged++;
    }
    expect(isFault(fault, 'store-full')).to.equal(true);
    expect(acknowledged).to.be.above(100);
    expect(await eventsOf(store.eventStore, STREAM)).to.have.length(acknowledged);
    database.exec('PRAGMA max_page_count = 1000000');
    await store.eventStore.append(appendOne());
    expect(await eventsOf(store.eventStore, STREAM)).to.have.length(acknowledged + 1);
    await close();
    await folder.remove();
  });
});
