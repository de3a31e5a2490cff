import { streamId, type RecordedEvent, type StreamId } from '@login-policy/event-sourcing';
import type { Append, NewEvent } from '@login-policy/event-sourcing/store';
import { settableClock, type SettableClock } from '../../clocks.js';
import { sequentialIds } from '../../sequential-ids.js';
import type { EventStoreFixture, OpenedEventStore } from '../event-store-contract.js';

/** A store on storage of its own, the clock it records by, and events to give it. */
export interface EventStoreUnderTest extends OpenedEventStore {
  readonly clock: SettableClock;
  /** So many events that are not recorded yet, alike but for their ids and what `content` says. */
  readonly newEvents: (count: number, content?: Partial<NewEvent>) => readonly NewEvent[];
  /** Appends new events through the first handle, whatever the stream's revision. */
  readonly record: (stream: StreamId, count: number, content?: Partial<NewEvent>) => Promise<readonly RecordedEvent[]>;
}

/** Records so many events in appends of one each. */
export async function recordEach(
  { record }: Pick<EventStoreUnderTest, 'record'>,
  stream: StreamId,
  count: number,
): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for (let recorded = 0; recorded < count; recorded++) all.push(...(await record(stream, 1)));
  return all;
}

/** A stream that any test may use. */
export const FIRST: StreamId = streamId('Counter', 'first');

/** A stream beside it, of the same kind. */
export const SECOND: StreamId = streamId('Counter', 'second');

/** A stream of another kind. */
export const OTHER_KIND: StreamId = streamId('Gauge', 'first');

/** When the clock of a store under test begins. */
export const BEGINNING = '2024-06-13T06:44:39.050Z';

/** Opens a fixture's store with a clock that a test can set. */
export async function eventStoreUnderTest(fixture: EventStoreFixture): Promise<EventStoreUnderTest> {
  const clock = settableClock(BEGINNING);
  const nextId = sequentialIds();
  const opened = await fixture.open({ clock });
  const newEvents = (count: number, content: Partial<NewEvent> = {}): readonly NewEvent[] =>
    Array.from({ length: count }, () => ({ ...LIKE_ALL, ...content, id: content.id ?? nextId() }));
  return {
    eventStore: opened.eventStore,
    another: () => opened.another(),
    dispose: () => opened.dispose(),
    freeze: opened.freeze,
    clock,
    newEvents,
    record: (stream, count, content) => opened.eventStore.append(appendOf(stream, newEvents(count, content))),
  };
}

/** An append that goes after whatever is there. */
export function appendOf(stream: StreamId, events: readonly NewEvent[]): Append {
  return { streamId: stream, expected: 'any', events };
}

/** The streams `category-0`, `category-1` and so on. */
export function streamsOf(category: string, count: number): readonly StreamId[] {
  return Array.from({ length: count }, (_, index) => streamId(category, String(index)));
}

const LIKE_ALL: Omit<NewEvent, 'id'> = {
  type: 'Counted',
  schemaVersion: 1,
  data: { by: 1 },
  metadata: { actor: 'tester', correlationId: 'contract' },
};
