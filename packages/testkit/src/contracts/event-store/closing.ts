import { isFault, revision, START } from '@login-policy/event-sourcing';
import type { EventStore, RecordedEvent } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { within } from '../waiting.js';
import { hasSucceeded, outcomeOf, refusal } from '../refusals.js';
import { appendOf, FIRST, SECOND, streamsOf, recordEach, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandEvents, readAll, readStream } from './reading.js';

/** What closing promises, also while the store is busy. */
export const closing: Suite<EventStoreUnderTest> = {
  title: 'a closed store',
  guarantees: {
    'refuses every call with StoreClosed': refusesCalls,
    'is closed once, however often `close` is called': closesOnce,
    'keeps what it acknowledged, and nothing that it refused, when it is closed under load': isCorrectAfterBusyClose,
    'ends all its reads and subscriptions': endsReads,
    'does not affect its other handles': doesNotAffectOthers,
  },
};

async function refusesCalls(subject: EventStoreUnderTest): Promise<void> {
  const before = await subject.record(FIRST, 2);
  demandSame({ what: 'number of events', actual: before.length, expected: 2 });
  await within('closing the store', subject.eventStore.close());
  await demandClosed(subject);
}

async function closesOnce(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore } = subject;
  demandSame({ what: 'number of events', actual: (await subject.record(FIRST, 1)).length, expected: 1 });
  await within('closing the store twice at once', Promise.all([eventStore.close(), eventStore.close()]));
  await within('closing the store again', eventStore.close());
  await demandClosed(subject);
}

async function isCorrectAfterBusyClose(subject: EventStoreUnderTest): Promise<void> {
  const observer = await subject.another();
  const first = await subject.record(FIRST, 1);
  demandSame({ what: 'number of events', actual: first.length, expected: 1 });
  const calls = streamsOf('Counter', 8).flatMap((stream) =>
    Array.from({ length: 8 }, () => outcomeOf(subject.eventStore.append(appendOf(stream, subject.newEvents(3))))),
  );
  await within('closing the store', subject.eventStore.close());
  const acknowledged: RecordedEvent[] = [...first];
  for (const outcome of await within('appending', Promise.all(calls))) {
    if (hasSucceeded(outcome)) acknowledged.push(...outcome.value);
    else if (!isFault(outcome.error, 'store-closed')) throw outcome.error;
  }
  demandSame({ what: 'rest of threes', actual: acknowledged.length % 3, expected: 1 });
  // Without independent handles, no open handle is left to ask.
  if (observer === subject.eventStore) return demandClosed(subject);
  const inOrder = acknowledged.toSorted((left, right) => (left.position < right.position ? -1 : 1));
  demandEvents(await readAll(observer), inOrder);
}

async function endsReads(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore } = subject;
  const all = await recordEach(subject, FIRST, 6);
  const readers = [eventStore.readAll({ pageSize: 2 }), eventStore.readStream(FIRST, { pageSize: 2 })];
  const iterators = readers.map((pages) => pages[Symbol.asyncIterator]());
  for (const iterator of iterators) {
    const page = await within('reading the first page', iterator.next());
    demandEvents(page.done === true ? [] : page.value, all.slice(0, 2));
  }
  demandSame({ what: 'number of events', actual: all.length, expected: 6 });
  await within('closing the store', eventStore.close());
  for (const iterator of iterators) {
    const outcome = await within('reading the next page', outcomeOf(iterator.next()));
    if (!hasSucceeded(outcome) && !isFault(outcome.error, 'store-closed')) throw outcome.error;
  }
}

async function doesNotAffectOthers(subject: EventStoreUnderTest): Promise<void> {
  const other = await subject.another();
  const before = await subject.record(FIRST, 1);
  demandSame({ what: 'number of events', actual: before.length, expected: 1 });
  await subject.eventStore.close();
  if (other === subject.eventStore) return demandClosed(subject);
  const more = await other.append(appendOf(FIRST, subject.newEvents(1)));
  demandEvents(await readStream(other, FIRST), [...before, ...more]);
  await other.close();
  await demandClosed({ ...subject, eventStore: other });
}

/** The members of a store that are no calls to its server. */
type Unasked = 'acknowledged' | 'close' | 'follow' | 'lateByMs' | 'provesReads' | 'trouble';

/** A call of each method; of an optional one, `undefined` where the store lacks it. The compiler names a new one. */
const CALLS: {
  readonly [Method in Exclude<keyof EventStore, Unasked>]-?: (
    subject: EventStoreUnderTest,
  ) => Promise<unknown> | undefined;
} = {
  append: ({ eventStore, newEvents }) => eventStore.append(appendOf(FIRST, newEvents(1))),
  readStream: ({ eventStore }) => readStream(eventStore, FIRST),
  readAll: ({ eventStore }) => readAll(eventStore),
  subscribe: ({ eventStore }) => firstMessage(eventStore),
  receipt: ({ eventStore }) => eventStore.receipt(FIRST, 'key'),
  head: ({ eventStore }) => eventStore.head(),
  knows: ({ eventStore }) => eventStore.knows(START),
  proveHead: ({ eventStore }) => eventStore.proveHead?.(START),
  receipts: ({ eventStore }) => firstPage(eventStore.receipts?.()),
  readStreams: ({ eventStore }) => firstPage(eventStore.readStreams?.({ upTo: START })),
  erase: ({ eventStore, newEvents }) => {
    const [event] = newEvents(1);
    return event && eventStore.erase?.({ streamId: FIRST, revision: revision(0), eventId: event.id, commitments: {} });
  },
};

async function demandClosed(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore, newEvents } = subject;
  await refusal(eventStore.append(appendOf(SECOND, newEvents(1))), 'store-closed');
  await refusal(readStream(eventStore, SECOND, { direction: 'backwards' }), 'store-closed');
  for (const call of Object.values(CALLS)) {
    const called = call(subject);
    if (called !== undefined) await refusal(called, 'store-closed');
  }
}

function firstPage(pages: AsyncIterable<unknown> | undefined): Promise<unknown> | undefined {
  return pages && pages[Symbol.asyncIterator]().next();
}

async function firstMessage(eventStore: EventStore): Promise<unknown> {
  const message = await new Subscriber(eventStore).next();
  return message ?? fail('the subscription ended quietly');
}
