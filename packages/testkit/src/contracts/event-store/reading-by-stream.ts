import { type EventStore, type Position, type RecordedEvent, START } from '@login-policy/event-sourcing';
import type { ReadStreamsOptions } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { refusal } from '../refusals.js';
import { FIRST, SECOND, streamsOf, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandEvents } from './reading.js';

/** Reading one stream after another, for stores that can. */
export const readingByStream: Suite<EventStoreUnderTest> = {
  title: 'reading one stream after another',
  guarantees: {
    'gives one stream after another, each whole and in order, in pages of every size': givesEachWhole,
    'gives the events up to a position, and none after it': endsAtPosition,
    'gives no event that is appended between two of its pages, to any stream': excludesNewEvents,
    'of some categories gives only the streams of these categories': filtersByCategory,
    'reads a stream of many pages, and many streams': readsAll,
    'ends when its signal fires, and refuses a page size out of range': endsBySignal,
  },
};

async function givesEachWhole(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordMixed(subject);
  const upTo = await subject.eventStore.head();
  for (const pageSize of [1, 2, 3, all.length - 1, all.length, all.length + 1]) {
    demandByStream(await readStreams(subject.eventStore, { upTo, pageSize }), all);
  }
}

async function endsAtPosition(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordMixed(subject);
  for (const { position: upTo } of all.slice(0, 12)) {
    const expected = all.filter(({ position }) => position <= upTo);
    demandByStream(await readStreams(subject.eventStore, { upTo, pageSize: 2 }), expected);
  }
  demandSame({
    what: 'number of events',
    actual: (await readStreams(subject.eventStore, { upTo: START })).length,
    expected: 0,
  });
}

async function excludesNewEvents(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordMixed(subject);
  const upTo = await subject.eventStore.head();
  const events: RecordedEvent[] = [];
  for await (const page of pagesOf(subject.eventStore, { upTo, pageSize: 3 })) {
    events.push(...page);
    for (const { streamId } of all.slice(0, 5)) await subject.record(streamId, 1);
  }
  demandByStream(events, all);
}

async function filtersByCategory(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordMixed(subject);
  const upTo = await subject.eventStore.head();
  const expected = all.filter((event) => event.streamId.startsWith('Gauge-'));
  demandByStream(
    await readStreams(subject.eventStore, { upTo, filter: { categories: ['Gauge'] }, pageSize: 3 }),
    expected,
  );
  const none = await readStreams(subject.eventStore, { upTo, filter: { categories: ['NeverHeardOf'] } });
  demandSame({ what: 'number of events', actual: none.length, expected: 0 });
}

async function readsAll({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = [...(await record(FIRST, 1200)), ...(await record(SECOND, 3))];
  for (const stream of streamsOf('Gauge', 40)) all.push(...(await record(stream, 2)));
  const upTo = await eventStore.head();
  demandByStream(await readStreams(eventStore, { upTo }), all);
  demandByStream(await readStreams(eventStore, { upTo, pageSize: 7 }), all);
}

async function endsBySignal(subject: EventStoreUnderTest): Promise<void> {
  await recordMixed(subject);
  const upTo: Position = await subject.eventStore.head();
  const control = new AbortController();
  let seen = 0;
  for await (const page of pagesOf(subject.eventStore, { upTo, pageSize: 2, signal: control.signal })) {
    seen += page.length;
    control.abort();
  }
  if (seen < 2 || seen > 4) fail(`a read must end soon after its signal, not after ${seen} events`);
  for (const pageSize of [0, 1.5, 10_001]) {
    await refusal(readStreams(subject.eventStore, { upTo, pageSize }), RangeError);
  }
}

/** Two rounds over five streams of two categories, so that no two events of a stream are adjacent in the log. */
async function recordMixed({ record }: EventStoreUnderTest): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for (let round = 0; round < 4; round++) {
    for (const stream of [...streamsOf('Counter', 3), ...streamsOf('Gauge', 2)]) all.push(...(await record(stream, 1)));
  }
  demandSame({ what: 'number of events', actual: all.length, expected: 20 });
  return all;
}

/** The order of streams is not defined, so the expected events are brought into the actual order. */
function demandByStream(actual: readonly RecordedEvent[], expected: readonly RecordedEvent[]): void {
  const order = [...new Set(actual.map(({ streamId }) => streamId))];
  const streams = new Set(expected.map(({ streamId }) => streamId));
  demandSame({ what: 'streams', actual: order.length, expected: streams.size });
  demandEvents(
    actual,
    order.flatMap((stream) => expected.filter(({ streamId }) => streamId === stream)),
  );
}

async function readStreams(store: EventStore, options: ReadStreamsOptions): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  const { pageSize = 500 } = options;
  for await (const page of pagesOf(store, options)) {
    if (page.length === 0 || page.length > pageSize) fail(`a page of ${pageSize} has ${page.length} events`);
    events.push(...page);
  }
  return events;
}

function pagesOf(store: EventStore, options: ReadStreamsOptions): AsyncIterable<readonly RecordedEvent[]> {
  return store.readStreams?.(options) ?? fail('the store must be able to read one stream after another');
}
