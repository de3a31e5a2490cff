import { streamId, type Position, type Store } from '@login-policy/event-sourcing';
import type { SubscriptionMessage } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';

const [STREAM, OTHER] = [streamId('Counter', 'one'), streamId('Counter', 'two')];
const timeouts = { probeMs: paced(20), stallMs: paced(200), retryMs: paced(300) };

/** A server that a backup was put back on, while a program goes on that has seen what came after it. */
describe('an EventStoreDB put back from a backup', () => {
  let double: Double;
  let store: Store;
  let lost: Position;
  let messages: AsyncIterator<SubscriptionMessage>;

  beforeEach(async () => {
    double = await Double.start();
    store = connectEventStoreDb(double.url, { timeouts });
    await store.eventStore.append(appendOf(STREAM, 3));
    const putBack = double.log.backUp();
    await store.eventStore.append(appendOf(STREAM, 4));
    lost = await store.eventStore.head();
    messages = store.eventStore.subscribe()[Symbol.asyncIterator]();
    await caughtUpAt(lost);
    putBack();
    await double.restart();
  });

  afterEach(async () => {
    await store.close();
    await double.stop();
  });

  async function caughtUpAt(place: Position): Promise<void> {
    for (;;) {
      const { value, done } = await messages.next();
      if (done === true) throw new Error('it ended');
      if (value.kind === 'caught-up' && value.position >= place) return;
    }
  }

  /** Another program goes on with the server as it is. */
  async function writeElsewhere(count: number): Promise<Position | undefined> {
    const other = connectEventStoreDb(double.url);
    const recorded = await other.eventStore.append(appendOf(OTHER, count));
    await other.close();
    return recorded.at(-1)?.position;
  }

  const sinceThen = { nothing: 0, 'less than was lost': 1, 'more than was lost': 20 };
  for (const [what, count] of Object.entries(sinceThen)) {
    it(`ends subscriptions that have seen what was lost, when ${what} was written since`, () => endsThem(count));

    it(`says where its head is now, when ${what} was written since`, () => saysItsHead(count));
  }

  async function endsThem(count: number): Promise<void> {
    if (count > 0) await writeElsewhere(count);
    expect((await faultOf(messages.next())).code).to.equal('position-unknown');
  }

  async function saysItsHead(count: number): Promise<void> {
    const last = count > 0 ? await writeElsewhere(count) : undefined;
    const fresh = connectEventStoreDb(double.url);
    const head = await fresh.eventStore.head();
    await fresh.close();
    if (last !== undefined) expect(head).to.equal(last);
    expect(await store.eventStore.head()).to.equal(head);
    expect(await store.eventStore.knows(lost)).to.equal(false);
  }
});
