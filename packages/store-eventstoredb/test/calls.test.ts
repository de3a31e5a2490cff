import { revision, streamId, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import { anew, appendOf, faultOf, newEvents } from './events.js';

const STREAM = streamId('Counter', 'one');
const receipt = { key: 'k', fingerprint: 'f' };

describe('what a call of the store costs the server', () => {
  let double: Double;
  let stores: Store[];

  beforeEach(async () => {
    double = await Double.startBehindWire();
    stores = [];
  });

  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await double.stop();
  });

  function another(): Store {
    const store = connectEventStoreDb(double.url);
    stores.push(store);
    return store;
  }

  /** How many calls it takes. */
  async function callsOf(work: () => Promise<unknown>): Promise<number> {
    const before = double.calls;
    await work();
    return double.calls - before;
  }

  it('does not include the whole log where the last event is looked for first', async () => {
    const writer = another();
    for (let count = 0; count < 20; count++) await writer.eventStore.append(appendOf(STREAM, 100));
    const last = await writer.eventStore.head();
    const { considered } = double;
    expect(await another().eventStore.head()).to.equal(last);
    expect(double.considered - considered).to.be.lessThan(20);
  });

  it('is one call for an append to a known stream, also after a pause, and two in series to a new one', async () => {
    const { eventStore } = another();
    expect(await callsOf(() => eventStore.append(appendOf(STREAM, 1))), 'its end, its metadata, the append').to.equal(
      3,
    );
    expect(await callsOf(() => eventStore.append(appendOf(STREAM, 1)))).to.equal(1);
    // Longer than a batch call stays open.
    await sleep(1500);
    expect(await callsOf(() => eventStore.append(appendOf(STREAM, 1)))).to.equal(1);
  });

  it('is four calls for a key on a known stream, and two for its repetition', async () => {
    const { eventStore } = another();
    await eventStore.append(appendOf(STREAM, 1));
    const keyed = { streamId: STREAM, expected: 'any', events: newEvents(1), receipt } as const;
    expect(await callsOf(() => eventStore.append(keyed)), 'barrier, receipt, its metadata, append').to.equal(4);
    const repeated = { ...keyed, events: newEvents(1) };
    expect(await callsOf(() => faultOf(eventStore.append(repeated))), 'barrier, end').to.equal(2);
    expect(await callsOf(() => faultOf(another().eventStore.append(repeated))), 'by another process').to.equal(6);
  });

  it('is five calls for a key with nothing to change', async () => {
    const { eventStore } = another();
    await eventStore.append(appendOf(STREAM, 1));
    const keyed = { streamId: STREAM, expected: 'any', events: [], receipt } as const;
    expect(await callsOf(() => eventStore.append(keyed)), 'barrier, end, receipt, its metadata, receipt').to.equal(5);
  });

  it('is a look at the stream again where it was restored and grew back while the process was idle', async () => {
    const { eventStore } = another();
    await eventStore.append(appendOf(STREAM, 1));
    const restore = double.log.backUp();
    await eventStore.append(appendOf(STREAM, 1));
    const [, second] = double.log.stream(STREAM);
    restore();
    double.log.write(STREAM, anew(second));
    double.wire.cut();
    await sleep(50);
    const own = { ...appendOf(STREAM, 1), expected: revision(1) };
    expect(await callsOf(() => eventStore.append(own))).to.be.greaterThan(1);
  });
});
