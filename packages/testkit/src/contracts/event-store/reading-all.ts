import { type RecordedEvent, START, streamId } from '@login-policy/event-sourcing';
import type { EventFilter } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import type { Suite } from '../contract.js';
import { refusal } from '../refusals.js';
import { FIRST, SECOND, streamsOf, type EventStoreUnderTest } from './event-store-under-test.js';
import { Subscriber } from './subscriber.js';
import { positionAfter } from './lost-histories.js';
import { demandEvents, demandIds, readAll } from './reading.js';

/** What a read of the whole store guarantees. */
export const readingAll: Suite<EventStoreUnderTest> = {
  title: 'reading all events',
  guarantees: {
    'gives all events of all streams, in pages of every size': givesAll,
    'without options gives all events, in more than one page': givesManyPages,
    'after a position gives exactly what comes after it': givesWhatComesAfter,
    'by category gives exactly the events of the given categories, and none of similar names': filtersByCategory,
    'with a filter continues after any position, in pages of every size': filtersInPages,
    'with a filter that matches nothing gives nothing': excludesAll,
    'after a position beyond the head is refused, with the head': refusesBeyondHead,
    'ends without an error when its signal fires': endsWithoutError,
    'with a page size out of range is refused': refusesOutOfRange,
  },
};

async function givesAll(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordMixed(subject);
  for (const pageSize of [1, 2, all.length - 1, all.length, all.length + 1, 10_000]) {
    demandEvents(await readAll(subject.eventStore, { pageSize }), all);
  }
}

async function givesManyPages({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = [...(await record(FIRST, 600)), ...(await record(SECOND, 600))];
  demandSame({ what: 'number of events', actual: all.length, expected: 1200 });
  demandIds(await readAll(eventStore), all);
}

async function givesWhatComesAfter(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordMixed(subject);
  demandEvents(await readAll(subject.eventStore, { after: START }), all);
  for (const [index, { position }] of all.entries()) {
    demandEvents(await readAll(subject.eventStore, { after: position, pageSize: 2 }), all.slice(index + 1));
  }
  const after = await subject.eventStore.head();
  const more = await subject.record(FIRST, 2);
  demandEvents(await readAll(subject.eventStore, { after }), more);
}

async function filtersByCategory({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const names = ['User', 'UserGroup', 'user', 'Use', 'Group'];
  const streams = names.map((category) => streamId(category, 'User-1'));
  const events = (await Promise.all(streams.map((stream) => record(stream, 2)))).flat();
  const all = events.toSorted((left, right) => (left.position < right.position ? -1 : 1));
  demandSame({ what: 'number of events', actual: all.length, expected: 10 });
  for (const categories of [['User'], ['user'], ['User', 'Group'], ['UserGroup', 'Use', 'Nobody'], names]) {
    const expected = all.filter((event) => categories.some((category) => event.streamId === `${category}-User-1`));
    demandEvents(await readAll(eventStore, { filter: { categories } }), expected);
  }
}

async function filtersInPages(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordMixed(subject);
  const filter: EventFilter = { categories: ['Counter'] };
  const wanted = all.filter((event) => event.streamId.startsWith('Counter-'));
  for (const pageSize of [1, wanted.length - 1, wanted.length, wanted.length + 1]) {
    demandEvents(await readAll(subject.eventStore, { filter, pageSize }), wanted);
  }
  for (const { position } of all) {
    const expected = wanted.filter((event) => event.position > position);
    demandEvents(await readAll(subject.eventStore, { filter, after: position, pageSize: 2 }), expected);
  }
}

async function excludesAll(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordMixed(subject);
  demandEvents(await readAll(subject.eventStore, { filter: { categories: [] } }), []);
  demandEvents(await readAll(subject.eventStore, { filter: { categories: ['NeverHeardOf'] } }), []);
  demandEvents(await readAll(subject.eventStore), all);
}

async function refusesBeyondHead({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const before = await record(FIRST, 2);
  demandSame({ what: 'number of events', actual: before.length, expected: 2 });
  const head = await eventStore.head();
  const after = positionAfter(head);
  for (const options of [{ after }, { after, filter: { categories: ['Counter'] } }]) {
    const fault = await refusal(readAll(eventStore, options), 'position-unknown');
    demandSame({ what: 'position', actual: fault.facts.position, expected: after });
    if (fault.facts.head < head) fail(`expected the head ${head}, got ${fault.facts.head}`);
    await refusal(new Subscriber(eventStore, options).next(), 'position-unknown');
  }
  demandEvents(await readAll(eventStore, { after: head }), []);
}

async function endsWithoutError(subject: EventStoreUnderTest): Promise<void> {
  const all = await recordMixed(subject);
  const control = new AbortController();
  const seen: RecordedEvent[] = [];
  for await (const page of subject.eventStore.readAll({ pageSize: 2, signal: control.signal })) {
    seen.push(...page);
    if (seen.length >= 4) control.abort();
  }
  demandEvents(seen, all.slice(0, seen.length));
  if (seen.length < 4 || seen.length > 6)
    fail(`a read must end soon after its signal, not after ${seen.length} events`);
  demandEvents(await readAll(subject.eventStore, { signal: AbortSignal.abort() }), []);
}

async function refusesOutOfRange({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 1);
  for (const pageSize of [0, -1, 1.5, Number.NaN, 10_001]) await refusal(readAll(eventStore, { pageSize }), RangeError);
  demandEvents(await readAll(eventStore), all);
}

/** Twenty events of two types, in five streams of two categories. */
async function recordMixed({ record }: EventStoreUnderTest): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for (let round = 0; round < 2; round++) {
    for (const stream of [...streamsOf('Counter', 3), ...streamsOf('Gauge', 2)]) {
      all.push(...(await record(stream, 1)), ...(await record(stream, 1, { type: 'CounterRemoved' })));
    }
  }
  demandSame({ what: 'number of events', actual: all.length, expected: 20 });
  return all;
}
