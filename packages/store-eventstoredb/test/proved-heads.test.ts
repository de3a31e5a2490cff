import { ProjectionRunner, isFault, START, streamId, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb, type Timeouts } from '@login-policy/store-eventstoredb';
import { counterTotals, paced, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf, subscribedAgain } from './events.js';

const [STREAM, OTHER] = [streamId('Counter', 'one'), streamId('Counter', 'other')];
const STALL_MS = paced(300);

describe('a read of rows of a followed read model on EventStoreDB', () => {
  let double: Double;
  let store: Store;
  let closings: (() => Promise<void>)[];

  beforeEach(async () => {
    double = await Double.startBehindWire();
    closings = [];
    store = opened();
  });

  afterEach(async () => {
    for (const close of closings.toReversed()) await close();
    await double.stop();
  });

  function opened(more: Timeouts = {}): Store {
    const timeouts = { probeMs: 30, stallMs: STALL_MS, retryMs: paced(3000), ...more };
    const made = connectEventStoreDb(double.url, { timeouts });
    closings.push(() => made.close());
    return made;
  }

  async function follow(on: Store = store, maxAgeMs = 0): Promise<ProjectionRunner<CounterEvent, CounterRow>> {
    const follower = await ProjectionRunner.open({ store: on, projection: counterTotals, maxAgeMs });
    closings.push(() => follower.close());
    return follower;
  }

  const totalOf = async (
    follower: ProjectionRunner<CounterEvent, CounterRow>,
    id = STREAM,
  ): Promise<number | undefined> => (await follower.read([id])).rows.get(id)?.total;

  it('waits for a node that was elected, and whose index lags, to take over as the leader (Q48)', async () => {
    await store.eventStore.append(appendOf(STREAM, 1));
    // What comes next is acknowledged, and not in the index of the node that answers from now on.
    const catchUp = double.log.hideFrom();
    double.mode.office = 'elected';
    double.log.write(
      STREAM,
      double.log
        .stream(STREAM)
        .slice(0, 1)
        .map((record) => ({ ...record, id: crypto.randomUUID() })),
    );
    const late = await faultOf((await follow(opened())).read([STREAM], { waitMs: paced(150) }));
    expect(late.code).to.equal('projection-behind');
    catchUp();
    double.mode.office = 'leads';
    expect(await totalOf(await follow(opened()))).to.equal(2);
  });

  it('continues after a failover to a node whose head is behind for seconds, because nothing was lost (Q50)', async () => {
    const follower = await follow();
    const messages = subscribedAgain(store.eventStore);
    for (let count = 1; count <= 3; count++) await store.eventStore.append(appendOf(STREAM, 1));
    expect(await totalOf(follower)).to.equal(3);
    await messages.next();
    const [, , third] = double.log.stream(STREAM);
    const catchUp = double.log.hideFrom(third?.position);
    double.mode.office = 'elected';
    double.wire.cut();
    await new Promise((resolve) => setTimeout(resolve, paced(700)));
    expect(follower.state.is).not.to.equal('stopped');
    catchUp();
    double.mode.office = 'leads';
    await store.eventStore.append(appendOf(STREAM, 1));
    expect(await totalOf(follower)).to.equal(4);
    await messages.return?.();
  });

  for (const since of [0, 1, 5]) {
    it(`is refused at once after a restore with ${since} events since, and answered from rebuilt rows (Q47)`, () =>
      isRefusedAfterRestore(since));
  }

  async function isRefusedAfterRestore(since: number): Promise<void> {
    const follower = await follow();
    await store.eventStore.append(appendOf(STREAM, 1));
    const restore = double.log.backUp();
    const [lost] = await store.eventStore.append(appendOf(STREAM, 1));
    expect(await totalOf(follower)).to.equal(2);
    // It takes a while.
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Under open connections: a client that hears what comes next has heard what was lost.
    restore();
    const other = opened();
    for (let count = 0; count < since; count++) await other.eventStore.append(appendOf(OTHER, 1));
    expect((await faultOf(totalOf(follower))).code).to.equal('position-unknown');
    const atLeast = lost?.position ?? START;
    expect((await faultOf(follower.read([STREAM], { atLeast }))).code).to.equal('position-unknown');
    await follower.rebuild();
    expect([await totalOf(follower), await totalOf(follower, OTHER)]).to.deep.equal([1, since || undefined]);
  }

  it('is not answered from a late answer of a stalled connection (Q49)', async () => {
    const follower = await follow();
    await store.eventStore.append(appendOf(STREAM, 1));
    expect(await totalOf(follower)).to.equal(1);
    double.wire.stallAnswers();
    const earlier = totalOf(follower);
    await new Promise((resolve) => setTimeout(resolve, paced(100)));
    const writer = await written();
    expect(writer).to.equal(2n);
    const later = totalOf(follower);
    double.wire.letAnswersThrough();
    await earlier.catch((fault: unknown) => expect(isFault(fault, 'projection-behind')).to.equal(true));
    expect(await later).to.equal(2);
  });

  /** Another program, on a line of its own, writes one more event to the stream. */
  async function written(): Promise<bigint> {
    const [first] = double.log.stream(STREAM);
    if (first === undefined) throw new Error('nothing is there');
    double.log.write(STREAM, [{ ...first, id: crypto.randomUUID() }]);
    return BigInt(double.log.stream(STREAM).length);
  }

  /** Rows that are at the head, and that only reads ask for: the log is not read beside them. */
  async function rowsAtRest(maxAgeMs?: number): Promise<ProjectionRunner<CounterEvent, CounterRow>> {
    const quiet = opened({ probeMs: 600_000, stallMs: 600_000 });
    await quiet.eventStore.append(appendOf(STREAM, 1));
    const follower = await follow(quiet, maxAgeMs);
    await totalOf(follower);
    return follower;
  }

  it('costs one proof of one record for maxAgeMs 0, where the rows are at the last known event', async () => {
    const follower = await rowsAtRest();
    const [sent, proofs] = [double.sent, double.barriers];
    for (let read = 0; read < 200; read++) await totalOf(follower);
    expect(double.barriers - proofs).to.equal(200);
    // A pass of the runner may still end; none begins.
    expect(double.sent - sent).to.be.within(200, 205);
  });

  it('costs the server nothing if the last proof is young enough', async () => {
    const follower = await rowsAtRest(600_000);
    const [sent, proofs] = [double.sent, double.barriers];
    for (let read = 0; read < 200; read++) await totalOf(follower);
    expect(double.barriers - proofs).to.equal(0);
    expect(double.sent - sent).to.be.lessThan(5);
  });
});
