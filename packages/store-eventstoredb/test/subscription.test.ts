import { monotonicIds, type Position, type RecordedEvent, type Store, streamId } from '@login-policy/event-sourcing';
import {
  type EventFilter,
  positionOf,
  type ReadAllOptions,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import { writeSystemEvent } from './double/event-log.js';
import { appendOf, faultOf, subscribedAgain } from './events.js';

const STREAM = streamId('Counter', 'one');

describe('a subscription to EventStoreDB', () => {
  let double: Double;
  let store: Store;

  beforeEach(async () => {
    double = await Double.startBehindWire();
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: 30, stallMs: paced(200), readMs: paced(1000) } });
  });

  afterEach(async () => {
    await store.close();
    await double.stop();
  });

  const begin = (options: ReadAllOptions = {}): AsyncIterator<SubscriptionMessage> =>
    subscribedAgain(store.eventStore, options);

  async function losesNothingWhenSlow(version: Double['mode']['version']): Promise<void> {
    double.mode.version = version;
    const messages = begin({ pageSize: 50 });
    expect((await messages.next()).value).to.include({ kind: 'caught-up' });
    for (let round = 0; round < 100; round++) await store.eventStore.append(appendOf(STREAM, 50));
    const seen = await gather(messages, 5000);
    expect(seen.map((event) => event.revision)).to.deep.equal(seen.map((_, index) => BigInt(index)));
  }

  it('of a slow reader loses nothing, with a server of 23.10', () => losesNothingWhenSlow('23.10.6'));

  it('of a slow reader loses nothing, with a server of 24.10', () => losesNothingWhenSlow('24.10.4'));

  it('makes the server wait for a reader that does not read', async () => {
    for (let round = 0; round < 200; round++) await store.eventStore.append(appendOf(STREAM, 50));
    await store.close();
    // It is not to look how far the server is while that is looked at.
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: 60_000 } });
    const messages = begin({ pageSize: 50 });
    await messages.next();
    const before = double.sent;
    await untilStill(() => double.sent);
    // What the reader's page, the stream and the connection hold; the store has 10,000 events.
    expect(double.sent - before).to.be.lessThan(3000);
    expect(await gather(messages, 9950)).to.have.length(9950);
  });

  for (const [whose, filter] of Object.entries({ all: undefined, some: { categories: ['Counter'] } }))
    it(`of ${whose} events has not caught up when the server ended its read too early, as if all were well`, () =>
      readsOn(filter));

  async function readsOn(filter: EventFilter | undefined): Promise<void> {
    for (let round = 0; round < 10; round++) await store.eventStore.append(appendOf(STREAM, 1));
    double.script.plan('read', { after: 3, do: 'end', end: undefined }, { times: 10 });
    const revisions: bigint[] = [];
    for await (const message of subscribedAgain(store.eventStore, filter && { filter })) {
      if (message.kind === 'caught-up') break;
      revisions.push(...message.events.map(({ revision }) => revision));
    }
    expect(revisions).to.deep.equal(Array.from({ length: 10 }, (_, index) => BigInt(index)));
  }

  for (const [what, read] of Object.entries({ 'a read': readAll, 'a subscription': readToHead }))
    it(`lets ${what} of one category go on to the head, which is of another category, also then`, () =>
      goesOnToHead(read));

  async function goesOnToHead(read: typeof readAll): Promise<void> {
    for (let round = 0; round < 10; round++) await store.eventStore.append(appendOf(STREAM, 1));
    await store.eventStore.append(appendOf(streamId('Other', 'one'), 1));
    double.script.plan('read', { after: 3, do: 'end', end: undefined }, { times: 20 });
    expect(await read(store, { categories: ['Counter'] })).to.have.length(10);
  }

  it('resumes from an event of this store, whatever others write after it', async () => {
    const messages = begin({ filter: { categories: ['Counter'] } });
    await store.eventStore.append(appendOf(STREAM, 1));
    await gather(messages, 1);
    expect((await messages.next()).value).to.include({ kind: 'caught-up' });
    for (let round = 0; round < 3; round++) {
      const coming = gather(messages, 1);
      // As a backup that is put back: it holds all of this store, and not the last records of the server's own.
      writeSystemEvent(double.log);
      await Promise.race([untilProbed(double), coming]);
      double.log.scavenge(({ streamName }) => streamName.startsWith('$stats'));
      double.wire.cut();
      await Promise.race([untilProbed(double), coming]);
      const recorded = await store.eventStore.append(appendOf(STREAM, 1));
      expect(await coming).to.deep.equal([...recorded]);
    }
  });

  it('holds no call open on the server while it waits', async () => {
    const messages = begin();
    await messages.next();
    const next = messages.next();
    await comeToRestAt(0, () => double.openCalls);
    const recorded = await store.eventStore.append(appendOf(STREAM, 1));
    expect((await next).value).to.deep.include({ kind: 'events', events: recorded });
    await messages.return?.();
  });

  it('whose signal fired before the store was closed ends without an error', async () => {
    const control = new AbortController();
    const messages = begin({ signal: control.signal });
    await messages.next();
    control.abort();
    await store.close();
    expect((await messages.next()).done).to.equal(true);
  });

  it('gets the same events as 40 others of its store', async () => {
    const many = Array.from({ length: 40 }, () => begin());
    await Promise.all(many.map((messages) => messages.next()));
    const recorded = await store.eventStore.append(appendOf(STREAM, 3));
    const seen = await Promise.all(many.map((messages) => gather(messages, 3)));
    for (const events of seen) expect(events).to.deep.equal([...recorded]);
    await Promise.all(many.map(async (messages) => messages.return?.()));
  });

  it('without the right to read is refused, and not retried forever', async () => {
    double.mode.isDenied = (streamName) => streamName === '$all';
    const fault = await faultOf(begin().next());
    expect(fault.code).to.equal('store-foreign');
    expect(fault.message).to.contain('access was denied');
  });

  it('after a position of another server is refused', async () => {
    await store.eventStore.append(appendOf(STREAM, 3));
    const messages = begin({ after: positionOf((101n << 64n) | 101n, monotonicIds()()) });
    expect((await faultOf(messages.next())).code).to.equal('position-unknown');
  });

  it('after a position past the end of the log is refused', async () => {
    await store.eventStore.append(appendOf(STREAM, 3));
    expect((await faultOf(begin({ after: beyond(double) }).next())).code).to.equal('position-unknown');
  });

  it('reads the log only from positions that are not past the end', async () => {
    const [event] = await store.eventStore.append(appendOf(STREAM, 1));
    const read = (after?: Position): Promise<IteratorResult<unknown>> =>
      store.eventStore
        .readAll(after === undefined ? {} : { after })
        [Symbol.asyncIterator]()
        .next();
    expect((await read(event?.position)).done).to.equal(true);
    const fault = await faultOf(read(beyond(double)));
    expect([fault.code, fault.retryable]).to.deep.equal(['position-unknown', false]);
  });
});

/** Waits until a subscriber of a quiet store has asked a few times how far the server is. */
async function untilProbed(double: Double): Promise<void> {
  const before = double.considered;
  while (double.considered < before + 6) await sleep(5);
}

/** Where the server has nothing yet. */
function beyond({ log }: Double): Position {
  return positionOf(((log.end + 1000n) << 64n) | (log.end + 1000n), monotonicIds()());
}

async function gather(messages: AsyncIterator<SubscriptionMessage>, wanted: number): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  while (events.length < wanted) {
    const { value, done } = await messages.next();
    if (done === true) throw new Error(`it ended after ${events.length} events`);
    if (value.kind === 'events') events.push(...value.events);
  }
  return events;
}

/** Resolves when a number has not changed for a while. */
async function untilStill(read: () => number): Promise<void> {
  let last = read();
  for (let same = 0; same < 8; same++) {
    await sleep(paced(15));
    const now = read();
    if (now !== last) same = 0;
    last = now;
  }
}

/** Holds when a number becomes what is expected, and stays it for a while. */
async function comeToRestAt(expected: number, read: () => number): Promise<void> {
  let asExpected = 0;
  for (let looks = 0; asExpected < 8 && looks < 400; looks++) {
    await sleep(paced(15));
    asExpected = read() === expected ? asExpected + 1 : 0;
  }
  expect(read()).to.equal(expected);
}

async function readAll({ eventStore }: Store, filter: EventFilter): Promise<readonly RecordedEvent[]> {
  const read: RecordedEvent[] = [];
  for await (const page of eventStore.readAll({ filter })) read.push(...page);
  return read;
}

async function readToHead({ eventStore }: Store, filter: EventFilter): Promise<readonly RecordedEvent[]> {
  const read: RecordedEvent[] = [];
  for await (const message of subscribedAgain(eventStore, { filter })) {
    if (message.kind === 'caught-up') break;
    read.push(...message.events);
  }
  return read;
}
