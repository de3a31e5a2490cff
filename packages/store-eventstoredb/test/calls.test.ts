import { ProjectionRunner, revision, type Store, streamId } from '@login-policy/event-sourcing';
import { type Append, memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import { anew, appendOf, faultOf } from './events.js';

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

  describe('with a key', () => {
    const keyed = (count: number): Append => ({ ...appendOf(STREAM, count), receipt });

    it('is three, two in series, where it changes something on a known stream', async () => {
      const { eventStore } = another();
      await eventStore.append(appendOf(STREAM, 1));
      // The append without events shows that a majority knows of no receipt in a stream of its own. Newer servers accept
      // it on a stream that was deleted for good: only the read beside it tells.
      expect(await callsOf(() => eventStore.append(keyed(1))), 'append of nothing and receipt; append').to.equal(3);
    });

    it('is three in series where it changes nothing', async () => {
      const { eventStore } = another();
      await eventStore.append(appendOf(STREAM, 1));
      // That there is nothing to change is an answer by itself, so only the leader may say it: the barrier, the end. The
      // receipt is written at "no stream", so that nobody has to ask for one before.
      expect(await callsOf(() => eventStore.append(keyed(0))), 'barrier, end, receipt').to.equal(3);
    });

    it('is at most three for a repetition, in the same process and in another', async () => {
      const { eventStore } = another();
      await eventStore.append(appendOf(STREAM, 1));
      await eventStore.append(keyed(1));
      const repeat = (by: Store): Promise<unknown> => faultOf(by.eventStore.append(keyed(1)));
      expect(await callsOf(() => repeat(another())), 'by another process: barrier, stream').to.equal(2);
      expect(await callsOf(async () => repeat(stores[0] ?? another())), 'barrier, end').to.equal(2);
    });

    it('is at most three for a repetition that changes nothing, in the same process and in another', async () => {
      const { eventStore } = another();
      await eventStore.append(appendOf(STREAM, 1));
      await eventStore.append(keyed(0));
      const repeat = (by: Store): Promise<unknown> => faultOf(by.eventStore.append(keyed(0)));
      expect(await callsOf(() => repeat(another())), 'by another process: barrier, stream, receipt').to.equal(3);
      expect(await callsOf(async () => repeat(stores[0] ?? another())), 'barrier, end, receipt').to.equal(3);
    });

    it('is four for a new stream: barrier, stream, its metadata, append', async () => {
      expect(await callsOf(() => another().eventStore.append(keyed(1)))).to.equal(4);
    });
  });

  it('is two in series for a read that must be up to date: barrier, end', async () => {
    const store = connectEventStoreDb(double.url, { timeouts: { probeMs: 600_000 } });
    stores.push(store);
    await store.eventStore.append(appendOf(STREAM, 1));
    const runner = await ProjectionRunner.open({ store, projection: counterTotals, maxAgeMs: 0 });
    await runner.catchUp();
    await runner.read([STREAM]);
    expect(await callsOf(() => runner.read([STREAM]))).to.equal(2);
    await runner.close();
  });

  it('is one each time for each of two processes that wait on the same rows, whichever of them moves them', async () => {
    const PROBE_MS = 100;
    const readModels = memoryReadModelStore();
    const closings: (() => Promise<void>)[] = [];
    for (let process = 0; process < 2; process++) {
      const store = connectEventStoreDb(double.url, { timeouts: { probeMs: PROBE_MS } });
      stores.push(store);
      const runner = await ProjectionRunner.open({ store: { ...store, readModels }, projection: counterTotals });
      closings.push(() => runner.close());
      await runner.catchUp();
    }
    const writer = another();
    await writer.eventStore.append(appendOf(STREAM, 1));
    await sleep(4 * PROBE_MS);
    const [before, begun] = [double.calls, performance.now()];
    let appends = 0;
    for (; appends < 30; appends++) {
      await writer.eventStore.append(appendOf(STREAM, 1));
      await sleep(Math.random() * 2 * PROBE_MS);
    }
    const turns = (performance.now() - begun) / PROBE_MS;
    const each = (double.calls - before - appends) / turns / 2;
    if (process.env['PRINT_CALLS'] !== undefined)
      process.stdout.write(`${each.toFixed(2)} calls each turn for each process\n`);
    expect(each).to.be.lessThan(1.2);
    await Promise.all(closings.map((close) => close()));
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
