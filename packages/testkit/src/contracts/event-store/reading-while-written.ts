import type { RecordedEvent } from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { FIRST, SECOND, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandEvents, demandIds } from './reading.js';

/** Reads during which the stream is appended to between any two pages. */
export const readingWhileWritten: Suite<EventStoreUnderTest> = {
  title: 'a read with appends between its pages',
  guarantees: {
    'of a stream, forwards: gives all earlier events, each once and in order': readsForwards,
    'of a stream, backwards: gives the events that existed when it began': readsBackwards,
    'of all events: gives all earlier events, each once and in order': readsAll,
    'by a subscription: gives each event once and in order, including the appended ones': subscribes,
  },
};

/** Limits the appends, so that a read that follows them also ends. */
const MOST_APPENDED = 30;
const PAGE = { pageSize: 3 };

async function readsForwards(subject: EventStoreUnderTest): Promise<void> {
  const before = await recordBefore(subject);
  const inFirst = before.filter(({ streamId }) => streamId === FIRST);
  for (const from of [undefined, inFirst[4]?.revision]) {
    const options = from === undefined ? PAGE : { ...PAGE, from };
    const { read, appended } = await readAndAppend(subject, subject.eventStore.readStream(FIRST, options));
    const existing = inFirst.slice(Number(from ?? 0n));
    demandPrefix(read, [...existing, ...ofFirst(appended)], existing.length);
    inFirst.push(...ofFirst(appended));
  }
}

async function readsBackwards(subject: EventStoreUnderTest): Promise<void> {
  const existing = (await recordBefore(subject)).filter(({ streamId }) => streamId === FIRST);
  const { read } = await readAndAppend(
    subject,
    subject.eventStore.readStream(FIRST, { ...PAGE, direction: 'backwards' }),
  );
  demandEvents(read, existing.toReversed());
}

async function readsAll(subject: EventStoreUnderTest): Promise<void> {
  const before = await recordBefore(subject);
  const { read, appended } = await readAndAppend(subject, subject.eventStore.readAll(PAGE));
  demandPrefix(read, [...before, ...appended], before.length);
}

async function subscribes(subject: EventStoreUnderTest): Promise<void> {
  const all = [...(await recordBefore(subject))];
  const subscriber = new Subscriber(subject.eventStore, PAGE);
  for (let message = await subscriber.next(); message?.kind === 'events'; message = await subscriber.next()) {
    if (all.length < 60) all.push(...(await appendToBoth(subject)));
  }
  await subscriber.untilCount(all.length);
  await subscriber.leave();
  demandIds(subscriber.events, all);
}

/** Fifteen events in each of two streams, alternating. */
async function recordBefore({ record }: EventStoreUnderTest): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let round = 0; round < 15; round++) events.push(...(await record(FIRST, 1)), ...(await record(SECOND, 1)));
  demandSame({ what: 'number of events', actual: events.length, expected: 30 });
  return events;
}

async function readAndAppend(
  subject: EventStoreUnderTest,
  pages: AsyncIterable<readonly RecordedEvent[]>,
): Promise<{ readonly read: readonly RecordedEvent[]; readonly appended: readonly RecordedEvent[] }> {
  const [read, appended]: [RecordedEvent[], RecordedEvent[]] = [[], []];
  for await (const page of pages) {
    read.push(...page);
    if (appended.length < MOST_APPENDED) appended.push(...(await appendToBoth(subject)));
  }
  return { read, appended };
}

async function appendToBoth({ record }: EventStoreUnderTest): Promise<readonly RecordedEvent[]> {
  return [...(await record(FIRST, 1)), ...(await record(SECOND, 1))];
}

function ofFirst(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.filter(({ streamId }) => streamId === FIRST);
}

/** Checks that these are the first of all events, and at least `least` of them. @throws AssertionError */
function demandPrefix(actual: readonly RecordedEvent[], all: readonly RecordedEvent[], least: number): void {
  if (actual.length < least) fail(`expected at least ${least} events, got ${actual.length}`);
  demandIds(actual, all.slice(0, actual.length));
}
