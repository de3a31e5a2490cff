import { START, type RecordedEvent } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { yieldToLoop } from '../waiting.js';
import { FIRST, OTHER_KIND, SECOND, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandEvents, readAll, readStream } from './reading.js';

const SIZES = [1, 2, 3, 4, 5, 6, 7, 10];

/** Readers never see half a command. */
export const wholeAppends: Suite<EventStoreUnderTest> = {
  title: 'the events of one append',
  deadlineMs: 60_000,
  guarantees: {
    'have their place in it, in the answer and in every later read; a single event has none': haveTheirPlace,
    'come in one page of a read of all events, whatever its size': comeInOnePage,
    'come in one message of a subscription, history or live': comeInOneMessage,
    'are seen together by a reader while they are written': areSeenTogether,
    'are passed as a whole by a filtered subscription: none of its positions lies between two of them': arePassedWhole,
  },
};

async function haveTheirPlace({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const recorded = [...(await record(FIRST, 3)), ...(await record(SECOND, 1)), ...(await record(FIRST, 2))];
  const expected = [{ place: 1, count: 3 }, { place: 2, count: 3 }, { place: 3, count: 3 }, undefined];
  demandSame({
    what: 'places',
    actual: placesOf(recorded),
    expected: [...expected, { place: 1, count: 2 }, { place: 2, count: 2 }],
  });
  demandEvents(await readAll(eventStore), recorded);
  const first = recorded.filter(({ streamId }) => streamId === FIRST);
  demandEvents(await readStream(eventStore, FIRST), first);
  demandEvents(await readStream(eventStore, FIRST, { direction: 'backwards' }), first.toReversed());
}

function placesOf(events: readonly RecordedEvent[]): readonly unknown[] {
  return events.map(({ append }) => append);
}

async function comeInOnePage(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordFives(subject);
  const counters = all.filter(({ streamId }) => streamId !== OTHER_KIND);
  for (const pageSize of SIZES) {
    // Every read in the contract also checks that each page ends with an append.
    demandEvents(await readAll(subject.eventStore, { pageSize }), all);
    demandEvents(await readAll(subject.eventStore, { pageSize, filter: { categories: ['Counter'] } }), counters);
  }
}

async function comeInOneMessage(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore } = subject;
  const before = await recordFives(subject);
  const filter = { categories: ['Counter'] };
  const subscribers = SIZES.flatMap((pageSize) => [
    new Subscriber(eventStore, { pageSize }),
    new Subscriber(eventStore, { pageSize, filter }),
  ]);
  for (const subscriber of subscribers.slice(0, 8)) await subscriber.untilCaughtUp(before.at(-1)?.position ?? START);
  const all = [...before, ...(await recordFives(subject))];
  const counters = all.filter(({ streamId }) => streamId !== OTHER_KIND);
  for (const [index, subscriber] of subscribers.entries()) {
    await subscriber.untilCaughtUp(await eventStore.head());
    demandEvents(subscriber.events, index % 2 === 0 ? all : counters);
    await subscriber.leave();
  }
}

/** More events than any store reads at once, in appends that straddle those reads. */
const [APPENDS, EACH] = [11, 2000];

async function arePassedWhole({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(FIRST, 1);
  for (let count = 0; count < APPENDS; count++) await record(OTHER_KIND, EACH);
  const head = await eventStore.head();
  for await (const { position } of eventStore.subscribe({ filter: { categories: ['Counter'] } })) {
    for await (const [next] of eventStore.readAll({ after: position, pageSize: 1 })) {
      if ((next?.append?.place ?? 1) !== 1) fail(`a position lies before event ${next?.append?.place} of an append`);
      break;
    }
    if (position === head && head !== START) return;
  }
  fail('the subscription ended before it came to the end of the log');
}

async function areSeenTogether({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const writing = { isDone: false };
  const write = async (): Promise<void> => {
    for (let round = 0; round < 30; round++) await record(round % 2 === 0 ? FIRST : SECOND, 5);
    writing.isDone = true;
  };
  const read = async (): Promise<void> => {
    while (!writing.isDone) {
      const { length } = await readAll(eventStore, { pageSize: 2 });
      if (length % 5 !== 0) fail(`${length} events were seen, of appends of 5`);
      await yieldToLoop();
    }
  };
  await Promise.all([write(), read(), read()]);
  demandSame({ what: 'number of events', actual: (await readAll(eventStore)).length, expected: 150 });
}

/** Appends of five events in two categories, with a single event in between. */
async function recordFives({ record }: EventStoreUnderTest): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for (const stream of [FIRST, OTHER_KIND, SECOND, FIRST]) all.push(...(await record(stream, 5)));
  all.push(...(await record(OTHER_KIND, 1)), ...(await record(SECOND, 5)));
  demandSame({ what: 'number of events', actual: all.length, expected: 26 });
  return all;
}
