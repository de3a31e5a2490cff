import {
  isFault,
  revision,
  streamId,
  type EventStore,
  type RecordedEvent,
  type Store,
} from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';

const STREAM = streamId('Counter', 'one');
const receipt = { key: 'k', fingerprint: 'f' };

describe('an EventStoreDB that has lost acknowledged events', () => {
  let double: Double;
  let stores: Store[];

  beforeEach(async () => {
    double = await Double.start();
    stores = [];
  });

  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await double.stop();
  });

  function another(): EventStore {
    const store = connectEventStoreDb(double.url);
    stores.push(store);
    return store.eventStore;
  }

  async function appendTo(eventStore: EventStore): Promise<RecordedEvent> {
    const [event] = await eventStore.append(appendOf(STREAM, 1));
    if (event === undefined) throw new Error('an event');
    return event;
  }

  async function lose(): Promise<void> {
    double.log.lose(STREAM);
    await double.restart();
  }

  async function demandConflict(eventStore: EventStore, last: RecordedEvent): Promise<void> {
    const behind = { ...appendOf(STREAM, 1), expected: last.revision, expectedEventId: last.id };
    expect(isFault(await faultOf(eventStore.append(behind)), 'revision-conflict')).to.equal(true);
    expect(double.log.stream(STREAM)).to.have.length(1);
  }

  it('accepts an append only after the expected event (K14)', async () => {
    const eventStore = another();
    const last = await appendTo(eventStore);
    await lose();
    await appendTo(another());
    await demandConflict(eventStore, last);
  });

  it('accepts none after another event from a process that has only read', async () => {
    const eventStore = another();
    const last = await appendTo(another());
    expect(await allOf(eventStore)).to.deep.equal([last]);
    await lose();
    await appendTo(another());
    await demandConflict(eventStore, last);
  });

  it('has also lost their receipts', async () => {
    const eventStore = another();
    await eventStore.append({ ...appendOf(STREAM, 1), receipt });
    expect(await eventStore.receipt(STREAM, 'k')).to.deep.include(receipt);
    await lose();
    expect(await eventStore.receipt(STREAM, 'k')).to.equal(undefined);
    await appendTo(another());
    expect(await eventStore.receipt(STREAM, 'k')).to.equal(undefined);
    expect(await eventStore.append({ ...appendOf(STREAM, 1), receipt })).to.have.length(1);
  });

  it('may have other receipts, which count', async () => {
    const eventStore = another();
    await appendTo(eventStore);
    expect(await eventStore.receipt(STREAM, 'k')).to.equal(undefined);
    await lose();
    await another().append({ ...appendOf(STREAM, 1), receipt });
    expect((await faultOf(eventStore.append({ ...appendOf(STREAM, 1), receipt }))).code).to.equal('receipt-exists');
    expect(await eventStore.receipt(STREAM, 'k')).to.deep.equal({ ...receipt, revision: revision(0n) });
  });
});

async function allOf(eventStore: EventStore): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of eventStore.readStream(STREAM)) events.push(...page);
  return events;
}
