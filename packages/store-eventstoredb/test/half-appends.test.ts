import {
  ProjectionRunner,
  START,
  streamId,
  type Position,
  type RecordedEvent,
  type Store,
  type StreamId,
} from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, paced, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';

type Follower = ProjectionRunner<CounterEvent, CounterRow>;

const [STREAM, NEIGHBOUR] = [streamId('Counter', 'one'), streamId('Counter', 'other')];
/**
 * What a test does must be done before an append is given up, however slow the machine is. Only a test that waits for that
 * takes the short time.
 */
const [NEVER_MS, SOON_MS] = [600_000, paced(300)];

describe('an incomplete append on EventStoreDB', () => {
  let double: Double;
  let store: Store;
  let follower: Follower;
  let closings: (() => Promise<void>)[];

  beforeEach(async () => {
    double = await Double.startBehindWire();
    closings = [];
    ({ store, follower } = await opened(NEVER_MS));
    await store.eventStore.append(appendOf(STREAM, 1));
  });

  afterEach(async () => {
    for (const close of closings.toReversed()) await close();
    await double.stop();
  });

  async function opened(stallMs: number): Promise<{ readonly store: Store; readonly follower: Follower }> {
    const made = connectEventStoreDb(double.url, { timeouts: { probeMs: 30, stallMs } });
    closings.push(() => made.close());
    const runner = await ProjectionRunner.open({ store: made, projection: counterTotals, maxAgeMs: 0 });
    closings.push(() => runner.close());
    await runner.ready();
    return { store: made, follower: runner };
  }

  /** What a program writes that copies one event of an append of two, and not the other. */
  function writeHalf(id: StreamId, place = 1, count = 2): void {
    const metadata = { recordedAt: '2026-01-01T00:00:00.000Z', schemaVersion: 1, actor: 'a', $correlationId: 'c' };
    const envelope = JSON.stringify({ ...metadata, append: { place, count } });
    const [data, own] = [Buffer.from('{"by":1}'), Buffer.from(envelope)];
    double.log.write(id, [{ id: crypto.randomUUID(), type: 'Counted', isJson: true, data, metadata: own }]);
  }

  async function countOf(id: StreamId, { eventStore } = store): Promise<number> {
    let count = 0;
    for await (const page of eventStore.readStream(id)) count += page.length;
    return count;
  }

  const totalOf = async (id: StreamId, of = follower): Promise<number | undefined> =>
    (await of.read([id])).rows.get(id)?.total;

  it('that stays incomplete affects only its stream, also at the end of the log (Q45)', async () => {
    writeHalf(NEIGHBOUR);
    expect(await totalOf(STREAM)).to.equal(1);
    expect([follower.state.is, (await follower.lag()).events]).to.deep.equal(['following', 0]);
    await store.eventStore.append(appendOf(streamId('Counter', 'third'), 1));
    expect(await totalOf(STREAM)).to.equal(1);
    const { unreadable } = await follower.read([NEIGHBOUR]);
    expect(unreadable.get(NEIGHBOUR)?.message).to.contain('event 1 of 2');
    const soon = await opened(SOON_MS);
    expect((await faultOf(countOf(NEIGHBOUR, soon.store))).code).to.equal('unreadable-event');
  });

  it('at the end of the log is skipped by other readers after stallMs', async () => {
    const before = await store.eventStore.head();
    writeHalf(NEIGHBOUR);
    expect(await store.eventStore.head()).to.equal(before);
    const { rows, unreadable: none } = await follower.read([NEIGHBOUR]);
    expect([rows.size, none.size]).to.deep.equal([0, 0]);
    const soon = await opened(SOON_MS);
    while ((await soon.store.eventStore.head()) === before) await new Promise((resolve) => setTimeout(resolve, 20));
    const { unreadable } = await soon.follower.read([NEIGHBOUR]);
    expect(unreadable.get(NEIGHBOUR)?.code).to.equal('unreadable-event');
    expect(await totalOf(STREAM, soon.follower)).to.equal(1);
    expect(await store.eventStore.head()).to.equal(before);
  });

  /** The head as a program finds it that has just started, and how many records it was sent for that. */
  async function headAnew(): Promise<{ readonly head: Position; readonly sent: number }> {
    const other = connectEventStoreDb(double.url);
    const before = double.sent;
    const head = await other.eventStore.head();
    const sent = double.sent - before;
    await other.close();
    return { head, sent };
  }

  it('that lacks its beginning does not hide the whole append before it from the head', async () => {
    const whole = await store.eventStore.append(appendOf(STREAM, 2));
    writeHalf(NEIGHBOUR, 3, 5);
    expect((await headAnew()).head).to.equal(whole.at(-1)?.position);
  });

  it('with a false count of a trillion events does not make a reader read the whole log', async () => {
    await store.eventStore.append(appendOf(STREAM, 2000));
    const whole = await store.eventStore.append(appendOf(STREAM, 2000));
    writeHalf(NEIGHBOUR, 1e12, 2e12);
    const { head, sent } = await headAnew();
    expect(head).to.equal(whole.at(-1)?.position);
    expect(sent).to.be.lessThan(2000);
  });

  it('is never returned as a whole append, wherever a read begins', async () => {
    const after = await store.eventStore.head();
    writeHalf(NEIGHBOUR, 2);
    const events: RecordedEvent[] = [];
    for await (const page of store.eventStore.readAll({ after })) events.push(...page);
    expect(events.map(({ streamId: id }) => id)).to.deep.equal([NEIGHBOUR]);
    expect(() => events[0]?.data).to.throw('event 2 of 2');
  });

  it('is returned to a read that begins within the append, as the rest of it', async () => {
    const [first] = await store.eventStore.append(appendOf(STREAM, 3));
    const after = first?.position ?? START;
    const rest: unknown[] = [];
    for await (const page of store.eventStore.readAll({ after })) rest.push(...page.map(({ data }) => data));
    expect(rest).to.deep.equal([{ by: 1 }, { by: 1 }]);
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
