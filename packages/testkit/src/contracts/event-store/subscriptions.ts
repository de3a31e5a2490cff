import { START, type Position, type RecordedEvent } from '@login-policy/event-sourcing';
import type { ReadAllOptions } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { begun, yieldToLoop } from '../waiting.js';
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
import { Follower } from './follower.js';
import { demandEvents, demandIds, readAll } from './reading.js';

/** What a subscription promises while it runs. */
export const subscriptions: Suite<EventStoreUnderTest> = {
  title: 'a subscription',
  deadlineMs: 60_000,
  promises: {
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
    'with a page size out of range is refused': refusesOutOfRange,
  },
};

async function wakesFromEmpty({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const follower = new Follower(eventStore);
  const first = await follower.next();
  demandSame({ what: 'first message', actual: first?.kind, expected: 'caught-up' });
  const all: RecordedEvent[] = [];
  for (const stream of [FIRST, SECOND, FIRST]) {
    const waiting = begun(follower.untilCount(all.length + 2));
    all.push(...(await record(stream, 2)));
    await waiting;
    await follower.untilCaughtUp(all.at(-1)?.position ?? START);
  }
  demandEvents(follower.events, all);
  await follower.leave();
}

async function givesHistory(subject: EventStoreUnderTest): Promise<void> {
  const { eventStore } = subject;
  const all = await recordEach(subject, FIRST, 20);
  const follower = new Follower(eventStore, { pageSize: 6 });
  while (follower.caughtUp === undefined) {
    if ((await follower.next()) === undefined) fail('a subscription must not end by itself');
  }
  demandEvents(follower.events, all);
  demandSame({ what: 'count', actual: all.length, expected: 20 });
  if (follower.caughtUp < (all.at(-1)?.position ?? START)) fail('it said that it was caught up before it was');
  await follower.leave();
}

async function startsAfter({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = [...(await record(FIRST, 3)), ...(await record(SECOND, 3))];
  for (const [index, event] of all.entries()) {
    const follower = new Follower(eventStore, { after: event.position, pageSize: 2 });
    await follower.untilCaughtUp(await eventStore.head());
    demandEvents(follower.events, all.slice(index + 1));
    await follower.leave();
  }
  demandSame({ what: 'count', actual: all.length, expected: 6 });
}

async function startsAtHead({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(FIRST, 3);
  const follower = new Follower(eventStore, { after: await eventStore.head() });
  await follower.untilCaughtUp(START);
  const more = await record(FIRST, 2);
  await follower.untilCount(2);
  demandEvents(follower.events, more);
  await follower.leave();
}

async function changesFromHistoryToLive(subject: EventStoreUnderTest): Promise<void> {
  await recordEach(subject, FIRST, 100);
  const followers: Follower[] = [];
  const crossing: Promise<void>[] = [];
  for (let round = 0; round < 12; round++) {
    const follower = new Follower(subject.eventStore, { pageSize: 7 });
    followers.push(follower);
    crossing.push(begun(follower.untilCaughtUp(START)));
    await Promise.all(streamsOf('Counter', 4).map((stream) => subject.record(stream, 2)));
    await yieldToLoop();
  }
  await writingUntil(begun(Promise.all(crossing)), subject);
  const all = await readAll(subject.eventStore);
  for (const follower of followers) {
    await follower.untilCaughtUp(all.at(-1)?.position ?? START);
    demandIds(follower.events, all);
    await follower.leave();
  }
}

/**
 * Writes until the reader has finished: otherwise a store in memory would write everything before a reader goes live.
 */
async function writingUntil(end: Promise<unknown>, { record }: EventStoreUnderTest): Promise<void> {
  let isThere = false;
  const ended = begun(end.finally(() => (isThere = true)));
  while (!isThere) {
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
  demandSame({ what: 'count', actual: counters.length, expected: 8 });
  const first = new Follower(eventStore, options);
  const marks: { seen: number; after: Position }[] = [];
  while (first.caughtUp === undefined || first.caughtUp < head) {
    if ((await first.next()) === undefined) fail('a subscription must not end by itself');
    marks.push({ seen: first.events.length, after: first.reached });
  }
  await first.leave();
  for (const { seen, after } of marks) {
    const follower = new Follower(eventStore, { ...options, after });
    await follower.untilCaughtUp(head);
    demandEvents(follower.events, counters.slice(seen));
    await follower.leave();
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
  const followers = wanted.map((options) => new Follower(eventStore, options));
  for (const follower of followers) await follower.untilCaughtUp(START);
  await write();
  for (const [index, follower] of followers.entries()) {
    await follower.untilCaughtUp(await eventStore.head());
    demandSame({ what: 'count', actual: follower.events.length, expected: index === 0 ? 10 : 6 });
    demandEvents(follower.events, await readAll(eventStore, wanted[index]));
    await follower.leave();
  }
}

async function passesExcludedEvents({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(OTHER_KIND, 3);
  const follower = new Follower(eventStore, { filter: { categories: ['Counter'] } });
  await follower.untilCaughtUp(await eventStore.head());
  for (let round = 0; round < 3; round++) {
    const heldBack = await record(OTHER_KIND, 2);
    await follower.untilCaughtUp(heldBack.at(-1)?.position ?? START);
  }
  demandEvents(follower.events, []);
  const wanted = await record(FIRST, 1);
  await follower.untilCaughtUp(wanted[0]?.position ?? START);
  demandEvents(follower.events, wanted);
  await follower.leave();
}

async function waitsForSlowReader(subject: EventStoreUnderTest): Promise<void> {
  await subject.record(FIRST, 10);
  const slow = new Follower(subject.eventStore, { pageSize: 10 });
  await slow.next();
  const fast = new Follower(subject.eventStore, { pageSize: 10 });
  const following = begun(fast.untilCount(1210));
  for (let round = 0; round < 12; round++) await subject.record(SECOND, 100);
  await following;
  demandSame({ what: 'count of the slow reader', actual: slow.events.length, expected: 10 });
  await slow.untilCount(1210);
  demandIds(slow.events, fast.events);
  await Promise.all([slow.leave(), fast.leave()]);
}

async function wakesForOtherHandles(subject: EventStoreUnderTest): Promise<void> {
  const other = await subject.another();
  const follower = new Follower(subject.eventStore);
  await follower.untilCaughtUp(START);
  const all: RecordedEvent[] = [];
  for (let round = 0; round < 3; round++) {
    const waiting = begun(follower.untilCount(all.length + 1));
    all.push(...(await other.append(appendOf(FIRST, subject.newEvents(1)))));
    await waiting;
  }
  demandEvents(follower.events, all);
  await follower.leave();
}

async function refusesOutOfRange({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  await record(FIRST, 1);
  const first = async (pageSize: number): Promise<unknown> => new Follower(eventStore, { pageSize }).next();
  for (const pageSize of [0, -1, 1.5, Number.NaN, 10_001]) await refusal(first(pageSize), RangeError);
}
