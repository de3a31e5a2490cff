import { type RecordedEvent, type Store, streamId } from '@login-policy/event-sourcing';
import { followedInAppend, type SubscriptionMessage } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { paced } from '@login-policy/testkit';
import { Double } from './double/double.js';
import type { ReadFault } from './double/fault-script.js';
import { UNAVAILABLE } from './double/status.js';
import { appendOf, newEvents, subscribedAgain } from './events.js';

const STREAM = streamId('Counter', 'one');
const APPENDS = 12;

/** What ends a call to the server after each number of messages, so also inside an append. */
const ENDS: readonly ReadFault[] = Array.from({ length: 24 }, (_, after) => ({ after, do: 'end', end: UNAVAILABLE }));

describe('the events of one append to EventStoreDB', () => {
  let double: Double;
  let store: Store;

  beforeEach(async () => {
    double = await Double.startBehindWire();
    store = connectEventStoreDb(double.url, { timeouts: { probeMs: 30, stallMs: paced(200), readMs: paced(300) } });
  });

  afterEach(async () => {
    await store.close();
    await double.stop();
  });

  it('come in one page, wherever the calls of a read end', async () => {
    for (let index = 0; index < APPENDS; index++) await store.eventStore.append(appendOf(STREAM, 5));
    for (const end of ENDS) double.script.plan('read', end);
    const pages = await readPages(store, 2);
    expect(pages.map((page) => page.length)).to.deep.equal(Array.from({ length: APPENDS }, () => 5));
    expectWhole(pages, APPENDS * 5);
  });

  it('come in one message of a subscription, wherever its calls end', async () => {
    const messages = subscribedAgain(store.eventStore, { pageSize: 2 });
    await messages.next();
    for (const end of ENDS) {
      double.script.plan('subscription', end);
      double.script.plan('read', end, { skip: 2 });
    }
    const writing = (async () => {
      for (let index = 0; index < APPENDS; index++) await store.eventStore.append(appendOf(STREAM, 5));
    })();
    expectWhole(await pagesOf(messages, APPENDS * 5), APPENDS * 5);
    await writing;
    await messages.return?.();
  });

  it('are all read where the server ended a read of their stream too early, as if all were well', async () => {
    const recorded = await store.eventStore.append(appendOf(STREAM, 10));
    const counts: number[] = [];
    for (const { revision: from } of [...recorded.slice(0, 1), ...recorded.slice(5, 6)]) {
      double.script.plan('read', { after: 3, do: 'end', end: undefined }, { times: 2 });
      for await (const page of store.eventStore.readStream(STREAM, { from })) counts.push(page.length);
    }
    expect(counts).to.deep.equal([10, 5]);
  });

  it('of older versions without a place in the append are each whole', async () => {
    writeAsBefore(double, 3);
    const [page] = await readPages(store, 500);
    expect(page?.map(({ append }) => append)).to.deep.equal([undefined, undefined, undefined]);
    const recorded = await store.eventStore.append(appendOf(STREAM, 2));
    expect(recorded.map(({ revision, append }) => [revision, append?.place])).to.deep.equal([
      [3n, 1],
      [4n, 2],
    ]);
  });

  it('that are partly deleted are returned as far as they exist', async () => {
    for (let index = 0; index < 3; index++) await store.eventStore.append(appendOf(STREAM, 5));
    double.log.scavenge(({ streamName, revision }) => streamName === STREAM && [3n, 4n, 5n].includes(revision));
    const events = (await readPages(store, 2)).flat();
    expect(events.map(({ revision }) => revision)).to.deep.equal([0n, 1n, 2n, 6n, 7n, 8n, 9n, 10n, 11n, 12n, 13n, 14n]);
  });
});

async function readPages({ eventStore }: Store, pageSize: number): Promise<readonly (readonly RecordedEvent[])[]> {
  const pages: (readonly RecordedEvent[])[] = [];
  for await (const page of eventStore.readAll({ pageSize })) pages.push(page);
  return pages;
}

/** Events as this library wrote them before they said their place in their append. */
function writeAsBefore(double: Double, count: number): void {
  const metadata = { recordedAt: '2026-01-01T00:00:00.000Z', schemaVersion: 1, actor: 'a', $correlationId: 'c' };
  const proposals = newEvents(count).map(({ type }) => ({
    ...{ id: crypto.randomUUID(), type, isJson: true, data: Buffer.from('{"by":1}') },
    metadata: Buffer.from(JSON.stringify(metadata)),
  }));
  double.log.write(STREAM, proposals);
}

function expectWhole(pages: readonly (readonly RecordedEvent[])[], count: number): void {
  for (const page of pages) expect(page.map(followedInAppend).at(-1)).to.equal(0);
  const revisions = pages.flat().map(({ revision }) => revision);
  expect(revisions).to.deep.equal(Array.from({ length: count }, (_, index) => BigInt(index)));
}

async function pagesOf(
  messages: AsyncIterator<SubscriptionMessage>,
  count: number,
): Promise<(readonly RecordedEvent[])[]> {
  const pages: (readonly RecordedEvent[])[] = [];
  for (let seen = 0; seen < count;) {
    const { value, done } = await messages.next();
    if (done === true) throw new Error(`it ended after ${seen} events`);
    if (value.kind === 'caught-up') continue;
    pages.push(value.events);
    seen += value.events.length;
  }
  return pages;
}
