import { streamId } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf } from './events.js';

const STREAM = streamId('Counter', 'one');

describe('what a call of the store costs the server', () => {
  let double: Double;

  beforeEach(async () => {
    double = await Double.start();
  });

  afterEach(() => double.stop());

  it('does not include the whole log where the last event is looked for first', async () => {
    const writer = connectEventStoreDb(double.url);
    for (let count = 0; count < 20; count++) await writer.eventStore.append(appendOf(STREAM, 100));
    const last = await writer.eventStore.head();
    await writer.close();
    const { considered } = double;
    const { eventStore, close } = connectEventStoreDb(double.url);
    expect(await eventStore.head()).to.equal(last);
    await close();
    expect(double.considered - considered).to.be.lessThan(20);
  });
});
