import { ProjectionRunner, isFault, streamId, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, paced, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf } from './events.js';

describe('EventStoreDB under load', () => {
  let double: Double;
  const opened: Store[] = [];
  const followers: ProjectionRunner<CounterEvent, CounterRow>[] = [];

  beforeEach(async () => {
    double = await Double.start();
  });

  afterEach(async () => {
    await Promise.all(followers.splice(0).map((follower) => follower.close()));
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await double.stop();
  });

  /** A store that waits for its turn as long as a busy machine makes it. */
  function open(streamPrefix = '', turnMs = paced(10_000)): Store {
    const store = connectEventStoreDb(double.url, { streamPrefix, timeouts: { turnMs, appendMs: paced(10_000) } });
    opened.push(store);
    return store;
  }

  it('serves 200 stores of one process, each of which follows it (Q53)', async () => {
    const stores = Array.from({ length: 200 }, (_, index) => open(`s${index}.`));
    for (const store of stores) followers.push(await ProjectionRunner.open({ store, projection: counterTotals }));
    const id = streamId('Counter', 'one');
    await Promise.all(
      stores.map(async (store, index) => {
        await store.eventStore.append(appendOf(id, 1));
        const { rows } = (await followers[index]?.read([id], { waitMs: 600_000 })) ?? {};
        expect(rows?.get(id)?.total).to.equal(1);
      }),
    );
  });

  it('queues a burst of 1,000 appends, of which 256 are under way at a time, however long each waits for its turn (T74)', async () => {
    const store = connectEventStoreDb(double.url, { timeouts: { appendMs: paced(1000) } });
    opened.push(store);
    // Each batch of concurrent appends is answered only after a while.
    double.script.plan('batch-append', { do: 'answer-late', ms: paced(400) }, { times: Infinity });
    const ids = Array.from({ length: 1000 }, (_, index) => streamId('Counter', `${index}`));
    await Promise.all(ids.map((id) => store.eventStore.append(appendOf(id, 1))));
    expect(double.log.records.filter(({ streamName }) => streamName.startsWith('Counter-'))).to.have.length(1000);
  });

  it('refuses an append that gets no turn in time, and writes nothing of it', async () => {
    const store = connectEventStoreDb(double.url, { timeouts: { turnMs: 50, appendMs: paced(10_000) } });
    opened.push(store);
    double.script.plan('batch-append', { do: 'answer-late', ms: 500 });
    const id = streamId('Counter', 'one');
    const first = store.eventStore.append(appendOf(id, 1));
    const refused = await store.eventStore.append(appendOf(id, 1)).catch((caught: unknown) => caught);
    expect(refused).to.have.property('message').that.contains('could not be sent within 50 ms; nothing was written');
    expect(await first).to.have.length(1);
    expect(double.log.stream(id)).to.have.length(1);
  });

  it('accepts or refuses each of 10,000 concurrent appends, and loses none (Q55)', async () => {
    const store = open('', paced(1000));
    const append = async (index: number): Promise<'written' | 'refused'> => {
      try {
        await store.eventStore.append(appendOf(streamId('Counter', `${index}`), 1));
        return 'written';
      } catch (caught) {
        if (!isFault(caught, 'store-unavailable')) throw caught;
        return 'refused';
      }
    };
    const outcomes = await Promise.all(Array.from({ length: 10_000 }, (_, index) => append(index)));
    const written = outcomes.filter((outcome) => outcome === 'written').length;
    expect(double.log.records.filter(({ streamName }) => streamName.startsWith('Counter-'))).to.have.length(written);
    expect(written).to.be.above(0);
    expect((await store.eventStore.append(appendOf(streamId('Counter', 'after'), 1))).length).to.equal(1);
  });
});
