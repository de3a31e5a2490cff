import { streamId, type RecordedEvent, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf } from './events.js';

/** More than the reads that a store has under way at a time. */
const MANY = 60;

describe('readers of a long EventStoreDB log', () => {
  let double: Double;
  let store: Store;

  beforeEach(async () => {
    double = await Double.start();
    const limitMs = paced(5000);
    store = connectEventStoreDb(double.url, { timeouts: { appendMs: limitMs, readMs: limitMs, retryMs: limitMs } });
    const stream = streamId('Counter', 'long');
    for (let round = 0; round < 40; round++) await store.eventStore.append(appendOf(stream, 50));
  });

  afterEach(async () => {
    await store.close();
    await double.stop();
  });

  /** An append that must look for the end of its stream. */
  const append = (): Promise<readonly RecordedEvent[]> =>
    store.eventStore.append(appendOf(streamId('Counter', 'new'), 1));

  it('who leave it half-way take no capacity from others', async () => {
    for (let index = 0; index < MANY; index++) {
      for await (const { kind } of store.eventStore.subscribe({ pageSize: 100 })) {
        expect(kind).to.equal('events');
        break;
      }
    }
    expect(await append()).to.have.length(1);
  });

  it('who pause take no capacity from others, and read on where they were', async () => {
    const readers = Array.from({ length: MANY }, () => store.eventStore.readAll({ pageSize: 100 }));
    const iterators = readers.map((pages) => pages[Symbol.asyncIterator]());
    const firstPages = await Promise.all(iterators.map((pages) => pages.next()));
    expect(await append()).to.have.length(1);
    const [pages] = iterators;
    const read = [...(firstPages[0]?.value ?? [])];
    for (let next = await pages?.next(); next?.done === false; next = await pages?.next()) read.push(...next.value);
    expect(read.map(({ revision }) => Number(revision)).slice(0, 2000)).to.deep.equal(
      Array.from({ length: 2000 }, (_, revision) => revision),
    );
    await Promise.all(iterators.map(async (each) => each.return?.()));
  });
});
