import { ProjectionRunner, START, streamId, type Position, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb, type EventStoreDbStoreOptions } from '@login-policy/store-eventstoredb';
import { counterTotals, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import type { Faults } from './double/fault-script.js';
import { UNAVAILABLE } from './double/status.js';
import { appendOf, faultOf } from './events.js';

const STREAM = streamId('Counter', 'one');

describe('the append without events that shows who leads', () => {
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

  function another(options: EventStoreDbStoreOptions = {}): Store {
    const timeouts = { stallMs: paced(200), retryMs: paced(100), probeMs: 20 };
    const store = connectEventStoreDb(double.url, { timeouts, ...options });
    stores.push(store);
    return store;
  }

  it('is shared by all reads that begin at the same time, and shows in no stream and not in the log', async () => {
    const { eventStore } = another();
    await eventStore.append(appendOf(STREAM, 1));
    const before = double.log.records.length;
    const streams = Array.from({ length: 200 }, (_, index) => streamId('Counter', `many-${index}`));
    await Promise.all(streams.map((stream) => eventStore.readStream(stream)[Symbol.asyncIterator]().next()));
    expect([double.barriers, double.log.records.length]).to.deep.equal([1, before]);
  });

  it('is not shared by a read that begins after it was sent', async () => {
    const { eventStore } = another();
    await eventStore.head();
    double.wire.stallAnswers();
    const earlier = eventStore.head();
    while (double.barriers === 1) await sleep(1);
    const later = [eventStore.head(), eventStore.head()];
    double.wire.letAnswersThrough();
    await Promise.all([earlier, ...later]);
    expect(double.barriers).to.equal(3);
  });

  it('is not sent by a process that only follows, consumes, or commands without a key', async () => {
    const store = another();
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    const consumers = [another(), another()].map((each) =>
      each.consume({ name: 'one', handle: async () => undefined }),
    );
    const areAt = (position?: Position): boolean => consumers.some((each) => each.status().position === position);
    const [first] = await store.eventStore.append(appendOf(STREAM, 1));
    await follower.read([STREAM], { atLeast: first?.position ?? START });
    while (!areAt(first?.position)) await sleep(5);
    await untilProbed();
    const { barriers } = double;
    await untilProbed();
    await store.eventStore.append(appendOf(streamId('Counter', 'two'), 1));
    const [last] = await store.eventStore.append(appendOf(streamId('Counter', 'two'), 1));
    while (!areAt(last?.position)) await sleep(5);
    expect(double.barriers - barriers).to.equal(0);
    await Promise.all([follower.close(), ...consumers.map((consumer) => consumer.close())]);
  });

  /** Waits until subscribers that have nothing to do have asked some times how far the server is. */
  async function untilProbed(): Promise<void> {
    const { considered } = double;
    while (double.considered < considered + 20) await sleep(5);
  }

  const faults: Readonly<Record<string, Faults['barrier']>> = {
    refused: { do: 'end', end: UNAVAILABLE },
    'not answered': { do: 'never-answer' },
    'cut off': { do: 'cut' },
  };
  for (const [what, fault] of Object.entries(faults)) {
    it(`leaves open what the node knows where it is ${what}`, () => leavesOpen(fault));
  }

  async function leavesOpen(fault: Faults['barrier']): Promise<void> {
    const store = another();
    const follower = await ProjectionRunner.open({ store, projection: counterTotals, maxAgeMs: 0 });
    await store.eventStore.append(appendOf(STREAM, 1));
    expect((await follower.read([STREAM])).rows.get(STREAM)?.total).to.equal(1);
    double.script.plan('barrier', fault, { times: Infinity });
    const { code, message } = await faultOf(store.eventStore.head());
    expect([code, message]).to.deep.equal(['store-unavailable', message]);
    expect((await faultOf(follower.read([STREAM], { waitMs: paced(300) }))).retryable).to.equal(true);
    expect(follower.state.is).not.to.equal('stopped');
    double.script.clear();
    expect((await follower.read([STREAM])).rows.get(STREAM)?.total).to.equal(1);
    await follower.close();
  }

  it('is refused to a user who may only read, by name', async () => {
    const store = another({ streamPrefix: 'mine.' });
    await store.eventStore.append(appendOf(STREAM, 1));
    double.mode.isDenied = (streamName) => streamName.startsWith('mine._barrier-');
    const { code, message } = await faultOf(store.eventStore.head());
    expect([code, message]).to.deep.equal(['store-foreign', message]);
    expect(message).to.match(/needs the right to .*append/);
  });
});
