import { isFault, revision, START, type RecordedEvent, type StreamId } from '@login-policy/event-sourcing';
import type { ReadStreamOptions } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { FIRST, OTHER_KIND, SECOND, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { demandIds } from './reading.js';

/** What an append of three events is after somebody else has deleted some of them in the store. */
const DELETED = { 'its last event': [2], 'its last two events': [1, 2], 'its first event': [0] } as const;

/** Later appends: the first one takes the place of what was deleted. */
const LATER = [
  [OTHER_KIND, 1],
  [SECOND, 3],
  [FIRST, 1],
] as const;

/** Half an append is the fault of its stream alone. */
export const halfAppends: Suite<EventStoreUnderTest> = {
  title: 'an append of which somebody else has deleted a part',
  deadlineMs: 60_000,
  guarantees: Object.fromEntries(
    Object.entries(DELETED).flatMap(([what, places]) => [
      [`${what}: is unreadable in every read of the log, and all else is read`, (subject) => isPassed(subject, places)],
      [
        `${what}, at the end of the log: keeps no later append from a reader`,
        (subject) => isOverwritten(subject, places),
      ],
      [`${what}: is refused to a reader of its stream, after all before it`, (subject) => isRefused(subject, places)],
    ]),
  ),
};

async function isPassed(subject: EventStoreUnderTest, places: readonly number[]): Promise<void> {
  const before = await subject.record(SECOND, 2);
  const half = await loseOf(subject, await subject.record(FIRST, 3), places);
  const after = [...(await subject.record(OTHER_KIND, 2)), ...(await subject.record(SECOND, 1))];
  await demandRead(subject, [...before, ...half, ...after], half);
}

async function isOverwritten(subject: EventStoreUnderTest, places: readonly number[]): Promise<void> {
  const before = await subject.record(SECOND, 2);
  const half = await loseOf(subject, await subject.record(FIRST, 3), places);
  await demandRead(subject, [...before, ...half], half);
  const after: RecordedEvent[] = [];
  for (const [stream, count] of LATER) after.push(...(await subject.record(stream, count)));
  await demandRead(subject, [...before, ...half, ...after], half);
}

/** Checks every kind of read of the log. */
async function demandRead(
  { eventStore }: EventStoreUnderTest,
  all: readonly RecordedEvent[],
  half: readonly RecordedEvent[],
): Promise<void> {
  for (const pageSize of [1, 2, 3, 500]) {
    demandHalf(await eventsOf(eventStore.readAll({ pageSize })), all, half);
    const counters = all.filter(({ streamId }) => streamId !== OTHER_KIND);
    demandHalf(await eventsOf(eventStore.readAll({ pageSize, filter: { categories: ['Counter'] } })), counters, half);
    const others = all.filter(({ streamId }) => streamId === OTHER_KIND);
    demandHalf(await eventsOf(eventStore.readAll({ pageSize, filter: { categories: ['Gauge'] } })), others, []);
  }
  const subscriber = new Subscriber(eventStore);
  await subscriber.untilCaughtUp(all.at(-1)?.position ?? START);
  demandHalf(subscriber.events, all, half);
  await subscriber.leave();
}

async function isRefused(subject: EventStoreUnderTest, places: readonly number[]): Promise<void> {
  const before = await subject.record(FIRST, 2);
  const half = await loseOf(subject, await subject.record(FIRST, 3), places);
  const { eventStore } = subject;
  // Without its first event, a revision is missing, which is damage of its own.
  const code = half[0]?.append?.place === 1 ? 'unreadable-event' : 'store-damaged';
  const ways: readonly ReadStreamOptions[] = [{}, { pageSize: 1 }, { limit: 3 }, { from: revision(1) }];
  for (const options of ways) {
    const { events, fault } = await untilFault(subject, FIRST, options);
    const expected = options.from === undefined ? before : before.slice(1);
    demandSame({ what: 'fault', actual: fault, expected: code });
    if (code === 'unreadable-event') demandIds(events, expected);
  }
  const { events, fault } = await untilFault(subject, FIRST, { direction: 'backwards' });
  demandSame({ what: 'backwards', actual: [fault, events], expected: [code, []] });
  demandIds((await untilFault(subject, FIRST, { limit: 2 })).events, before);
  if (code === 'store-damaged') return;
  const upTo = await eventStore.head();
  for (const pageSize of [1, 2, 500])
    demandHalf(
      await eventsOf(eventStore.readStreams?.({ upTo, pageSize }) ?? fail('no readStreams')),
      [...before, ...half],
      half,
    );
}

/** Deletes those events of an append, and answers with the others. */
async function loseOf(
  { lose = () => fail('the fixture has no lose') }: EventStoreUnderTest,
  events: readonly RecordedEvent[],
  places: readonly number[],
): Promise<readonly RecordedEvent[]> {
  for (const [place, event] of events.entries()) if (places.includes(place)) await lose(event);
  return events.filter((_, place) => !places.includes(place));
}

/** Checks that all events are there, those of half an append with content that throws, and those alone. */
function demandHalf(
  actual: readonly RecordedEvent[],
  all: readonly RecordedEvent[],
  half: readonly RecordedEvent[],
): void {
  demandIds(actual, all);
  const unreadable = actual.filter((event) => codeOf(() => event.data) === 'unreadable-event');
  demandIds(unreadable, half);
}

async function eventsOf(pages: AsyncIterable<readonly RecordedEvent[]>): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of pages) events.push(...page);
  return events;
}

async function untilFault(
  { eventStore }: EventStoreUnderTest,
  stream: StreamId,
  options: ReadStreamOptions,
): Promise<{ readonly events: readonly RecordedEvent[]; readonly fault: string | undefined }> {
  const events: RecordedEvent[] = [];
  try {
    for await (const page of eventStore.readStream(stream, options)) events.push(...page);
    return { events, fault: undefined };
  } catch (caught) {
    return { events, fault: isFault(caught) ? caught.code : String(caught) };
  }
}

function codeOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (caught) {
    return isFault(caught) ? caught.code : String(caught);
  }
}
