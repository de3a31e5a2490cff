import { ProjectionRunner, streamId, type Store, type StreamId } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, paced, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';

const [STREAM, NEIGHBOUR] = [streamId('Counter', 'one'), streamId('Counter', 'other')];
const STALL_MS = paced(300);

describe('an incomplete append on EventStoreDB', () => {
  let double: Double;
  let store: Store;
  let follower: ProjectionRunner<CounterEvent, CounterRow>;

  beforeEach(async () => {
    double = await Double.startBehindWire();
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: 30, stallMs: STALL_MS } });
    await store.eventStore.append(appendOf(STREAM, 1));
    follower = await ProjectionRunner.open({ store, projection: counterTotals, maxAgeMs: 0 });
    await follower.ready();
  });

  afterEach(async () => {
    await follower.close();
    await store.close();
    await double.stop();
  });

  /** What a program writes that copies one event of an append of two, and not the other. */
  function writeHalf(id: StreamId, place = 1): void {
    const metadata = { recordedAt: '2026-01-01T00:00:00.000Z', schemaVersion: 1, actor: 'a', $correlationId: 'c' };
    const envelope = JSON.stringify({ ...metadata, append: { place, count: 2 } });
    const [data, own] = [Buffer.from('{"by":1}'), Buffer.from(envelope)];
    double.log.write(id, [{ id: crypto.randomUUID(), type: 'Counted', isJson: true, data, metadata: own }]);
  }

  async function countOf(id: StreamId): Promise<number> {
    let count = 0;
    for await (const page of store.eventStore.readStream(id)) count += page.length;
    return count;
  }

  const totalOf = async (id: StreamId): Promise<number | undefined> => (await follower.read([id])).rows.get(id)?.total;

  it('that stays incomplete affects only its stream, also at the end of the log (Q45)', async () => {
    writeHalf(NEIGHBOUR);
    expect(await totalOf(STREAM)).to.equal(1);
    expect([follower.state.is, (await follower.lag()).events]).to.deep.equal(['following', 0]);
    await store.eventStore.append(appendOf(streamId('Counter', 'third'), 1));
    expect(await totalOf(STREAM)).to.equal(1);
    const { unreadable } = await follower.read([NEIGHBOUR]);
    expect(unreadable.get(NEIGHBOUR)?.message).to.contain('event 1 of 2');
    expect((await faultOf(countOf(NEIGHBOUR))).code).to.equal('unreadable-event');
  });

  it('at the end of the log is skipped by other readers after stallMs', async () => {
    const before = await store.eventStore.head();
    writeHalf(NEIGHBOUR);
    expect(await store.eventStore.head()).to.equal(before);
    expect((await follower.read([NEIGHBOUR])).rows.size).to.equal(0);
    while ((await store.eventStore.head()) === before) await new Promise((resolve) => setTimeout(resolve, 20));
    const { unreadable } = await follower.read([NEIGHBOUR]);
    expect(unreadable.get(NEIGHBOUR)?.code).to.equal('unreadable-event');
    expect(await totalOf(STREAM)).to.equal(1);
  });

  for (const doing of ['rebuild', 'catchUp'] as const) {
    it(`is not skipped by ${doing}, and is returned once it is complete (Q46)`, () => isCountedOnceWhole(doing));
  }

  async function isCountedOnceWhole(doing: 'rebuild' | 'catchUp'): Promise<void> {
    await store.eventStore.append(appendOf(STREAM, 1));
    writeHalf(STREAM);
    const showAll = double.log.hideFrom();
    writeHalf(STREAM, 2);
    const checkpoint = await follower[doing]();
    expect(checkpoint).to.equal(await store.eventStore.head());
    expect(await totalOf(STREAM)).to.equal(2);
    showAll();
    expect(await totalOf(STREAM)).to.equal(4);
  }

  it('is awaited by a reader of its stream, and returned whole', async () => {
    writeHalf(STREAM);
    const showAll = double.log.hideFrom();
    writeHalf(STREAM, 2);
    const reading = countOf(STREAM);
    await new Promise((resolve) => setTimeout(resolve, 30));
    showAll();
    expect(await reading).to.equal(3);
  });

  it('does not affect reads of the events before it', async () => {
    const recorded = await store.eventStore.append(appendOf(STREAM, 3));
    const firstTwo: bigint[] = [];
    for await (const page of store.eventStore.readStream(STREAM, { limit: 2 }))
      firstTwo.push(...page.map((e) => e.revision));
    expect([firstTwo, recorded.length]).to.deep.equal([[0n, 1n], 3]);
  });
});
