import { isFault, revision, streamId } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';

const STREAM = streamId('Counter', 'one');

describe('an append to an EventStoreDB that has lost what it acknowledged', () => {
  it('goes behind no other event than was meant (K14)', async () => {
    const double = await Double.start();
    const [store, other] = [connectEventStoreDb(double.url), connectEventStoreDb(double.url)];
    const [last] = await store.eventStore.append(appendOf(STREAM, 1));
    double.log.lose(STREAM);
    await double.restart();
    await other.eventStore.append(appendOf(STREAM, 1));
    await other.close();
    if (last === undefined) throw new Error('an event');
    const behind = { ...appendOf(STREAM, 1), expected: revision(0), expectedEventId: last.id };
    const fault = await faultOf(store.eventStore.append(behind));
    expect(isFault(fault, 'revision-conflict')).to.equal(true);
    expect(double.log.stream(STREAM)).to.have.length(1);
    await store.close();
    await double.stop();
  });
});
