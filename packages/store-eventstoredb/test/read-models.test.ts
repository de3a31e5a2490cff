import { openMemoryStore, ProjectionRunner, START, type Store, streamId } from '@login-policy/event-sourcing';
import { memoryReadModelStore, type ReadModelStore } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, type CounterEvent, type CounterRow, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';

const [STREAM, ELSEWHERE] = [streamId('Counter', 'one'), streamId('Other', 'one')];

describe('read models that are passed to a store on EventStoreDB', () => {
  let doubles: readonly [Double, Double];
  let readModels: ReadModelStore;
  let closings: (() => Promise<void>)[];

  beforeEach(async () => {
    doubles = [await Double.startBehindWire(), await Double.start()];
    closings = [];
    const kept = memoryReadModelStore();
    // Kept beyond the store that closes them, as a file is.
    readModels = { open: (definition) => kept.open(definition), close: async () => undefined };
  });

  afterEach(async () => {
    for (const close of closings.toReversed()) await close();
    await Promise.all(doubles.map((double) => double.stop()));
  });

  function storeOn(double: Double, streamPrefix = ''): Store {
    const timeouts = { probeMs: 30, stallMs: paced(200), retryMs: paced(300) };
    const store = connectEventStoreDb(double.url, { readModels, streamPrefix, timeouts });
    closings.push(() => store.close());
    return store;
  }

  async function follow(store: Store): Promise<ProjectionRunner<CounterEvent, CounterRow>> {
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    closings.push(() => follower.close());
    return follower;
  }

  async function totalOn(store: Store): Promise<number | undefined> {
    const follower = await follow(store);
    return (await follower.read([STREAM])).rows.get(STREAM)?.total;
  }

  it('are read beside the store they were made from, also when it is opened again', async () => {
    await storeOn(doubles[0], 'a.').eventStore.append(appendOf(STREAM, 1));
    expect(await totalOn(storeOn(doubles[0], 'a.'))).to.equal(1);
    expect(await totalOn(storeOn(doubles[0], 'a.'))).to.equal(1);
  });

  it('are refused beside a store with another prefix', async () => {
    await storeOn(doubles[0], 'a.').eventStore.append(appendOf(STREAM, 1));
    expect(await totalOn(storeOn(doubles[0], 'a.'))).to.equal(1);
    const fault = await faultOf(totalOn(storeOn(doubles[0], 'b.')));
    expect([fault.code, fault.retryable]).to.deep.equal(['store-foreign', false]);
    expect(fault.message).to.contain('"a."').and.to.contain('"b."');
  });

  it('are refused beside a store with another prefix, also if they have a checkpoint and no rows', async () => {
    await storeOn(doubles[0], 'b.').eventStore.append(appendOf(STREAM, 1));
    await storeOn(doubles[0], 'a.').eventStore.append(appendOf(ELSEWHERE, 1));
    expect(await totalOn(storeOn(doubles[0], 'a.'))).to.equal(undefined);
    // The checkpoint is in the log of both: reading on from it would leave out all before it.
    expect((await faultOf(totalOn(storeOn(doubles[0], 'b.')))).code).to.equal('store-foreign');
  });

  it('are refused beside another store also if that has read models which this one has not', async () => {
    const first = storeOn(doubles[0]);
    await first.eventStore.append(appendOf(STREAM, 1));
    expect(await totalOn(first)).to.equal(1);
    const other = storeOn(doubles[1]);
    await other.eventStore.append(appendOf(STREAM, 1));
    const added = await ProjectionRunner.open({ store: other, projection: { ...counterTotals, name: 'added' } });
    closings.push(() => added.close());
    expect((await faultOf(added.read([STREAM]))).code).to.equal('store-foreign');
  });

  it('are refused beside another server, also if they were opened while the first had no events', async () => {
    const first = storeOn(doubles[0]);
    const follower = await follow(first);
    expect((await follower.read([STREAM])).rows.size).to.equal(0);
    const [event] = await first.eventStore.append(appendOf(STREAM, 1));
    await follower.read([STREAM], { atLeast: event?.position ?? START });
    await storeOn(doubles[1]).eventStore.append(appendOf(streamId('Counter', 'another'), 3));
    expect((await faultOf(totalOn(storeOn(doubles[1])))).code).to.equal('store-foreign');
    expect(await totalOn(storeOn(doubles[0]))).to.equal(1);
  });

  it('are refused in a store with events of its own, whose rows they would replace', async () => {
    const other = openMemoryStore();
    closings.push(() => other.close());
    await other.eventStore.append(appendOf(STREAM, 1));
    const inside = connectEventStoreDb(doubles[0].url, { readModels: other.readModels });
    closings.push(() => inside.close());
    const fault = await faultOf(totalOn(inside));
    expect([fault.code, fault.retryable]).to.deep.equal(['store-foreign', false]);
    expect(fault.message).to.contain('events of its own');
  });

  it('make a database that can’t be opened as a store, and says what it is', async () => {
    const kept = openMemoryStore();
    closings.push(() => kept.close());
    const store = connectEventStoreDb(doubles[0].url, { readModels: kept.readModels });
    closings.push(() => store.close());
    await store.eventStore.append(appendOf(STREAM, 1));
    expect(await totalOn(store)).to.equal(1);
    const fault = await faultOf(follow(kept));
    expect([fault.code, fault.message]).to.deep.equal([
      'store-foreign',
      "this database can't be used: it has no event, but rows of counter-totals.v1: it keeps the rows of a store that is elsewhere. Open that store",
    ]);
  });

  it('can be opened while the server is away, and are checked when it is back', async () => {
    const store = storeOn(doubles[0]);
    const [event] = await store.eventStore.append(appendOf(STREAM, 1));
    doubles[0].wire.refuse();
    const follower = await follow(store);
    expect((await faultOf(follower.read([STREAM]))).retryable).to.equal(true);
    doubles[0].wire.admit();
    follower.resume();
    expect((await follower.read([STREAM], { atLeast: event?.position ?? START })).rows.get(STREAM)?.total).to.equal(1);
  });

  it('are not taken for those of another store by an elected node that lacks the first event', async () => {
    const store = storeOn(doubles[0]);
    await store.eventStore.append(appendOf(STREAM, 1));
    expect(await totalOn(store)).to.equal(1);
    const catchUp = doubles[0].log.hideFrom(0n);
    doubles[0].mode.office = 'elected';
    const follower = await follow(storeOn(doubles[0]));
    expect((await faultOf(follower.read([STREAM], { waitMs: paced(500) }))).code).not.to.equal('store-foreign');
    catchUp();
    doubles[0].mode.office = 'leads';
    expect((await follower.read([STREAM])).rows.get(STREAM)?.total).to.equal(1);
    expect(follower.state.is).not.to.equal('stopped');
  });
});
