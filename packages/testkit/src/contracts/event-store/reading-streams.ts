import { type RecordedEvent, revision } from '@login-policy/event-sourcing';
import { demandSame, fail, print } from '../../demand.js';
import type { Suite } from '../contract.js';
import { refusal } from '../refusals.js';
import { FIRST, SECOND, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandEvents, demandIds, fieldsOf, type ReadStreamOptions, readStream } from './reading.js';

const COUNT = 10;
const PAGE_SIZES = [undefined, 1, 3, COUNT - 1, COUNT, COUNT + 1];
const LIMITS = [undefined, 0, 1, COUNT - 1, COUNT, COUNT + 1];
const BEGINNINGS = [undefined, 0, 1, COUNT - 1, COUNT, COUNT + 5];

/** Reading one stream, above all at the ends of pages, limits and the stream itself. */
export const readingStreams: Suite<EventStoreUnderTest> = {
  title: 'reading a stream',
  guarantees: {
    'forwards gives exactly the requested events, at every boundary': (subject) =>
      readsAtBoundaries(subject, 'forwards'),
    'backwards gives exactly the requested events, at every boundary': (subject) =>
      readsAtBoundaries(subject, 'backwards'),
    'without options gives all its events, in more than one page': givesAll,
    'gives only the events of that stream': givesOwnEvents,
    'that does not exist gives no pages': givesNoPages,
    'can be stopped in the middle and started again': canBeStopped,
    'with a page size or a limit out of range is refused': refusesOutOfRange,
  },
};

async function readsAtBoundaries(
  { eventStore, record }: EventStoreUnderTest,
  direction: 'forwards' | 'backwards',
): Promise<void> {
  const all = await record(FIRST, COUNT);
  demandSame({ what: 'number of events', actual: all.length, expected: COUNT });
  for (const options of boundaryOptions(direction)) {
    const actual = await readStream(eventStore, FIRST, options);
    demandSame({
      what: `events for ${print(options)}`,
      actual: fieldsOf(actual),
      expected: fieldsOf(select(all, options)),
    });
  }
}

function boundaryOptions(direction: 'forwards' | 'backwards'): readonly ReadStreamOptions[] {
  return BEGINNINGS.flatMap((from) =>
    LIMITS.flatMap((limit) =>
      PAGE_SIZES.map((pageSize) => ({
        direction,
        ...(from !== undefined && { from: revision(from) }),
        ...(limit !== undefined && { limit }),
        ...(pageSize !== undefined && { pageSize }),
      })),
    ),
  );
}

/** Applies the options to an array. */
function select(all: readonly RecordedEvent[], options: ReadStreamOptions): readonly RecordedEvent[] {
  const { from, limit = all.length } = options;
  const isForwards = options.direction !== 'backwards';
  const ordered = isForwards ? all : all.toReversed();
  return ordered
    .filter((event) => from === undefined || (isForwards ? event.revision >= from : event.revision <= from))
    .slice(0, limit);
}

async function givesAll({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 1100);
  demandSame({ what: 'number of events', actual: all.length, expected: 1100 });
  demandIds(await readStream(eventStore, FIRST), all);
  demandIds(await readStream(eventStore, FIRST, { direction: 'backwards' }), all.toReversed());
}

async function givesOwnEvents({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const own: RecordedEvent[] = [];
  for (let round = 0; round < 5; round++) {
    own.push(...(await record(FIRST, 2)));
    await record(SECOND, 3);
  }
  demandSame({ what: 'number of events', actual: own.length, expected: 10 });
  demandEvents(await readStream(eventStore, FIRST, { pageSize: 3 }), own);
  demandEvents(await readStream(eventStore, FIRST, { pageSize: 3, direction: 'backwards' }), own.toReversed());
}

async function givesNoPages({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const other = await record(SECOND, 2);
  demandEvents(await readStream(eventStore, FIRST), []);
  demandEvents(await readStream(eventStore, FIRST, { direction: 'backwards', from: revision(5) }), []);
  demandEvents(await readStream(eventStore, SECOND), other);
  demandSame({ what: 'number of events', actual: other.length, expected: 2 });
}

async function canBeStopped({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 10);
  for (let round = 0; round < 3; round++) {
    let first: RecordedEvent | undefined;
    for await (const page of eventStore.readStream(FIRST, { pageSize: 2 })) {
      first = page[0];
      break;
    }
    demandSame({ what: 'first id', actual: first?.id ?? 'none', expected: all[0]?.id });
  }
  demandEvents([...all, ...(await record(FIRST, 1))], await readStream(eventStore, FIRST));
}

async function refusesOutOfRange({ eventStore, record }: EventStoreUnderTest): Promise<void> {
  const all = await record(FIRST, 1);
  for (const pageSize of [0, -1, 1.5, Number.NaN, 10_001]) {
    await refusal(readStream(eventStore, FIRST, { pageSize }), RangeError);
  }
  for (const limit of [-1, 1.5, Number.NaN]) await refusal(readStream(eventStore, FIRST, { limit }), RangeError);
  demandEvents(await readStream(eventStore, FIRST, { pageSize: 10_000 }), all);
  if (all.length !== 1) fail('one event was to be recorded');
}
