import { ProjectionRunner, revision, START, streamId, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, type CounterEvent, type CounterRow, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { writeSystemEvent } from './double/event-log.js';
import { appendOf, endOf, faultOf } from './events.js';

const STREAM = streamId('Counter', 'one');

describe('a read model that follows EventStoreDB', () => {
  let double: Double;
  let store: Store;
  let follower: ProjectionRunner<CounterEvent, CounterRow>;

  beforeEach(async () => {
    double = await Double.start();
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: 30, stallMs: paced(200) } });
  });

  afterEach(async () => {
    await follower.close();
    await store.close();
    await double.stop();
  });

  it('is rebuilt to its last event, also if the last record of the server is of another store', async () => {
    const [event] = await store.eventStore.append(appendOf(STREAM, 1));
    writeSystemEvent(double.log);
    follower = await ProjectionRunner.open({ store, projection: counterTotals });
    expect(await follower.rebuild()).to.equal(event?.position);
    expect((await follower.read([STREAM])).rows.get(STREAM)).to.include({ total: 1 });
  });

  it('whose checkpoint is a record of another store is read, followed and rebuilt', async () => {
    const [event] = await store.eventStore.append(appendOf(STREAM, 1));
    writeSystemEvent(double.log);
    follower = await ProjectionRunner.open({ store, projection: counterTotals });
    const expected = await follower.catchUp();
    await follower.close();
    const model = await store.readModels.open(counterTotals);
    await model.commit({ expected, checkpoint: endOf(double), rows: new Map() });
    follower = await ProjectionRunner.open({ store, projection: counterTotals });
    expect((await follower.read([STREAM])).rows.get(STREAM)).to.include({ total: 1 });
    expect((await follower.rebuild()) > (event?.position ?? START)).to.equal(true);
    await store.eventStore.append(appendOf(STREAM, 1));
    expect((await follower.read([STREAM])).rows.get(STREAM)).to.include({ total: 2 });
  });

  it('does not read the records of others again to find the head', async () => {
    const [event] = await store.eventStore.append(appendOf(STREAM, 1));
    for (let index = 0; index < 3000; index++) writeSystemEvent(double.log);
    let before: number;
    do {
      before = double.considered;
      expect(await store.eventStore.head()).to.equal(event?.position);
    } while (double.considered - before > 10);
    before = double.considered;
    for (let times = 0; times < 10; times++) expect(await store.eventStore.head()).to.equal(event?.position);
    expect(double.considered - before).to.be.lessThan(100);
    follower = await ProjectionRunner.open({ store, projection: counterTotals });
  });

  it('continues after an event of another program, which affects only its policy', async () => {
    await store.eventStore.append(appendOf(STREAM, 1));
    const foreign = { id: crypto.randomUUID(), type: 'Counted', isJson: true, metadata: new Uint8Array() };
    double.log.write('Counter-foreign', [{ ...foreign, data: Buffer.from('{"by":1}') }]);
    follower = await ProjectionRunner.open({ store, projection: counterTotals });
    const [event] = await store.eventStore.append({ ...appendOf(STREAM, 1), expected: revision(0) });
    const { rows, unreadable } = await follower.read([STREAM, 'Counter-foreign'], {
      atLeast: event?.position ?? START,
    });
    expect(rows.get(STREAM)).to.include({ total: 2 });
    expect([...unreadable].map(([key, fault]) => [key, fault.code])).to.deep.equal([
      ['Counter-foreign', 'unreadable-event'],
    ]);
    expect(follower.state.is).to.equal('following');
  });

  it('of a user without the right to read the log reports it at once, and stops', async () => {
    double.mode.isDenied = (streamName) => streamName === '$all';
    follower = await ProjectionRunner.open({ store, projection: counterTotals });
    for (let times = 0; times < 2; times++) {
      const fault = await faultOf(follower.read([STREAM], { waitMs: 600_000 }));
      expect(fault.message).to.contain('access was denied');
      expect([fault.code, fault.retryable]).to.deep.equal(['store-foreign', false]);
    }
    expect(follower.state.is).to.equal('stopped');
    double.mode.isDenied = () => false;
    follower.resume();
    expect((await follower.read([STREAM])).rows.size).to.equal(0);
  });
});
