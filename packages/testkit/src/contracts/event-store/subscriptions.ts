import { type Position, type RecordedEvent, START } from '@login-policy/event-sourcing';
import type { ReadAllOptions } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { awaitedLater, yieldToLoop } from '../waiting.js';
import { refusal } from '../refusals.js';
import {
  appendOf,
  FIRST,
  OTHER_KIND,
  SECOND,
  streamsOf,
  recordEach,
  type EventStoreUnderTest,
} from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandEvents, demandIds, readAll } from './reading.js';

/** What a subscription promises while it runs. */
export const subscriptions: Suite<EventStoreUnderTest> = {
  title: 'a subscription',
  deadlineMs: 60_000,
  guarantees: {
    'to an empty store is caught up at once, then wakes for each append': wakesFromEmpty,
    'gives the existing events, then reports that it is caught up': givesHistory,
    'after a position gives exactly what comes after it': startsAfter,
    'after the head gives only later events': startsAtHead,
    'gives each event once across the change from history to live': changesFromHistoryToLive,
    'restarted from any message continues exactly there': resumes,
    'by category gives only those events': filtersByCategory,
    'is caught up past events that its filter excludes': passesExcludedEvents,
    'waits for a slow reader without delaying others': waitsForSlowReader,
    'wakes for what is written through another handle': wakesForOtherHandles,
    'gets events that no other subscriber can change': sharesNoChange,
    'with a page size out of range is refused': refusesOutOfRange,
  },
};

async function wakesFromEmpty({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const subscriber = new Subscriber(eventStore);
  const first = await subscriber.next();
  demandSame({ what: 'first message', actual: first?.kind, expected: 'caught-up' });
  const all: RecordedEvent[] = [];
  for (const stream of [FIRST, SECOND, FIRST]) {
    const waiting = awaitedLater(subscriber.untilCount(all.length + 2));
    all.push(...(await record(stream, 2)));
    await waiting;
    await subscriber.untilCaughtUp(all.at(-1)?.position ?? START);
  }
  demandEvents(subscriber.events, all);
  await subscriber.leave();
}

async function givesHistory(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore } = subject;
  const all = await recordEach(subject, FIRST, 20);
  const subscriber = new Subscriber(eventStore, { pageSize: 6 });
  while (subscriber.caughtUp === undefined) {
    if ((await subscriber.next()) === undefined) fail('a subscription must not end by itself');
  }
  demandEvents(subscriber.events, all);
  demandSame({ what: 'number of events', actual: all.length, expected: 20 });
  if (subscriber.caughtUp < (all.at(-1)?.position ?? START)) fail('it said that it was caught up before it was');
  await subscriber.leave();
}

async function startsAfter({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = [...(await record(FIRST, 3)), ...(await record(SECOND, 3))];
  for (const [index, event] of all.entries()) {
    const subscriber = new Subscriber(eventStore, { after: event.position, pageSize: 2 });
    await subscriber.untilCaughtUp(await eventStore.head());
    demandEvents(subscriber.events, all.slice(index + 1));
    await subscriber.leave();
  }
  demandSame({ what: 'number of events', actual: all.length, expected: 6 });
}

async function startsAtHead({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(FIRST, 3);
  const subscriber = new Subscriber(eventStore, { after: await eventStore.head() });
  await subscriber.untilCaughtUp(START);
  const more = await record(FIRST, 2);
  await subscriber.untilCount(2);
  demandEvents(subscriber.events, more);
  await subscriber.leave();
}

async function changesFromHistoryToLive(subject: EventStoreUnderTest): Promise<void> {
  await recordEach(subject, FIRST, 100);
  const subscribers: Subscriber[] = [];
  const catchingUp: Promise<void>[] = [];
  for (let round = 0; round < 12; round++) {
    const subscriber = new Subscriber(subject.eventStore, { pageSize: 7 });
    subscribers.push(subscriber);
    catchingUp.push(awaitedLater(subscriber.untilCaughtUp(START)));
    await Promise.all(streamsOf('Counter', 4).map((stream) => subject.record(stream, 2)));
    await yieldToLoop();
  }
  await writeUntil(awaitedLater(Promise.all(catchingUp)), subject);
  const all = await readAll(subject.eventStore);
  for (const subscriber of subscribers) {
    await subscriber.untilCaughtUp(all.at(-1)?.position ?? START);
    demandIds(subscriber.events, all);
    await subscriber.leave();
  }
}

/**
 * Writes until the reader has finished: otherwise a store in memory would write everything before a reader goes live.
 */
async function writeUntil(end: Promise<unknown>, { record }: EventStoreUnderTest): Promise<void> {
  let hasEnded = false;
  const ended = awaitedLater(end.finally(() => (hasEnded = true)));
  while (!hasEnded) {
    await record(SECOND, 1);
    await yieldToLoop();
  }
  await ended;
}

async function resumes({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  for (const stream of [FIRST, OTHER_KIND, SECOND, OTHER_KIND]) await record(stream, 4);
  const head = await eventStore.head();
  const options: ReadAllOptions = { pageSize: 3, filter: { categories: ['Counter'] } };
  const counters = await readAll(eventStore, options);
  demandSame({ what: 'number of events', actual: counters.length, expected: 8 });
  const first = new Subscriber(eventStore, options);
  const checkpoints: { seen: number; after: Position }[] = [];
  while (first.caughtUp === undefined || first.caughtUp < head) {
    if ((await first.next()) === undefined) fail('a subscription must not end by itself');
    checkpoints.push({ seen: first.events.length, after: first.reached });
  }
  await first.leave();
  for (const { seen, after } of checkpoints) {
    const subscriber = new Subscriber(eventStore, { ...options, after });
    await subscriber.untilCaughtUp(head);
    demandEvents(subscriber.events, counters.slice(seen));
    await subscriber.leave();
  }
}

async function filtersByCategory({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const write = async (): Promise<void> => {
    await record(FIRST, 3);
    await record(OTHER_KIND, 3);
    await record(SECOND, 2, { type: 'CounterRemoved' });
  };
  await write();
  const wanted: readonly ReadAllOptions[] = [
    { filter: { categories: ['Counter'] }, pageSize: 4 },
    { filter: { categories: ['Gauge', 'Nothing'] }, pageSize: 1 },
  ];
  const subscribers = wanted.map((options) => new Subscriber(eventStore, options));
  for (const subscriber of subscribers) await subscriber.untilCaughtUp(START);
  await write();
  for (const [index, subscriber] of subscribers.entries()) {
    await subscriber.untilCaughtUp(await eventStore.head());
    demandSame({ what: 'number of events', actual: subscriber.events.length, expected: index === 0 ? 10 : 6 });
    demandEvents(subscriber.events, await readAll(eventStore, wanted[index]));
    await subscriber.leave();
  }
}

async function passesExcludedEvents({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(OTHER_KIND, 3);
  const subscriber = new Subscriber(eventStore, { filter: { categories: ['Counter'] } });
  await subscriber.untilCaughtUp(await eventStore.head());
  for (let round = 0; round < 3; round++) {
    const excluded = await record(OTHER_KIND, 2);
    await subscriber.untilCaughtUp(excluded.at(-1)?.position ?? START);
  }
  demandEvents(subscriber.events, []);
  const wanted = await record(FIRST, 1);
  await subscriber.untilCaughtUp(wanted[0]?.position ?? START);
  demandEvents(subscriber.events, wanted);
  await subscriber.leave();
}

async function waitsForSlowReader(subject: EventStoreUnderTest): Promise<void> {
  await subject.record(FIRST, 10);
  const slow = new Subscriber(subject.eventStore, { pageSize: 10 });
  await slow.next();
  const fast = new Subscriber(subject.eventStore, { pageSize: 10 });
  const following = awaitedLater(fast.untilCount(1210));
  for (let round = 0; round < 12; round++) await subject.record(SECOND, 100);
  await following;
  demandSame({ what: 'events of the slow reader', actual: slow.events.length, expected: 10 });
  await slow.untilCount(1210);
  demandIds(slow.events, fast.events);
  await Promise.all([slow.leave(), fast.leave()]);
}

async function wakesForOtherHandles(subject: EventStoreUnderTest): Promise<void> {
  const other = await subject.another();
  const subscriber = new Subscriber(subject.eventStore);
  await subscriber.untilCaughtUp(START);
  const all: RecordedEvent[] = [];
  for (let round = 0; round < 3; round++) {
    const waiting = awaitedLater(subscriber.untilCount(all.length + 1));
    all.push(...(await other.append(appendOf(FIRST, subject.newEvents(1)))));
    await waiting;
  }
  demandEvents(subscriber.events, all);
  await subscriber.leave();
}

async function sharesNoChange({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const [careless, careful] = [new Subscriber(eventStore), new Subscriber(eventStore)];
  for (const subscriber of [careless, careful]) await subscriber.untilCaughtUp(START);
  const waiting = [careless, careful].map((subscriber) => awaitedLater(subscriber.untilCount(2)));
  const recorded = await record(FIRST, 2);
  await Promise.all(waiting);
  for (const event of careless.events) {
    for (const part of [event, event.data, event.metadata]) Reflect.set(part, 'actor', 'somebody else');
    Reflect.set(event, 'type', 'SomethingElse');
  }
  demandEvents(careful.events, recorded);
  for (const subscriber of [careless, careful]) await subscriber.leave();
}

async function refusesOutOfRange({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(FIRST, 1);
  const first = async (pageSize: number): Promise<unknown> => new Subscriber(eventStore, { pageSize }).next();
  for (const pageSize of [0, -1, 1.5, Number.NaN, 10_001]) await refusal(first(pageSize), RangeError);
}
