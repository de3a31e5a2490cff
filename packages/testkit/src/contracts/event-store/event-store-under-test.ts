import { type Clock, type EventStore, type RecordedEvent, streamId, type StreamId } from '@login-policy/event-sourcing';
import type { Opened, WaitLimit } from '../contract.js';
import type { Append, NewEvent } from '@login-policy/event-sourcing/store';
import { settableClock, type SettableClock } from '../../clocks.js';
import { sequentialIds } from '../../sequential-ids.js';

/** An event store on storage that nothing else uses. */
export interface OpenedEventStore extends Opened {
  readonly eventStore: EventStore;
  /**
   * A further handle on the same storage, independent of the first where the store supports that; otherwise the same
   * handle.
   */
  readonly another: () => Promise<EventStore>;
  /** Freezes the store's server until the returned function is called. */
  readonly freeze?: (() => Promise<() => Promise<void>>) | undefined;
}

/** How the event store contract opens a store. */
export interface EventStoreFixture extends WaitLimit {
  /** The store's name in the report. */
  readonly name: string;
  /** Opens a store on fresh storage, which records its events by this clock, also through further handles. */
  readonly open: (options: { readonly clock: Clock }) => Promise<OpenedEventStore>;
  /** Whether it can read one stream after another ({@link EventStore.readStreams}). */
  readonly readsStreams?: boolean;
  /** Whether it can destroy the texts of an event ({@link EventStore.erase}). */
  readonly erases?: boolean;
  /** Whether its server can be frozen ({@link OpenedEventStore.freeze}). */
  readonly freezes?: boolean;
  /** Whether it looks at another stream before it appends, and not in one transaction (`Append.expectedElsewhere`). */
  readonly looksElsewhereFirst?: boolean;
  /**
   * The number of streams in tests with very many; such tests use a twenty-fifth as many subscriptions. Default 1,000.
   */
  readonly veryMany?: number;
}

/** A store on its own storage, its clock, and new events for it. */
export interface EventStoreUnderTest extends OpenedEventStore {
  readonly clock: SettableClock;
  /** Creates new events that differ only in their ids and in `content`. */
  readonly newEvents: (count: number, content?: Partial<NewEvent>) => readonly NewEvent[];
  /** Appends new events through the first handle, at any revision. */
  readonly record: (stream: StreamId, count: number, content?: Partial<NewEvent>) => Promise<readonly RecordedEvent[]>;
}

/** Records new events, each in its own append. */
export async function recordEach(
  { record }: Pick<EventStoreUnderTest, 'record'>,
  stream: StreamId,
  count: number,
): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for (let recorded = 0; recorded < count; recorded++) all.push(...(await record(stream, 1)));
  return all;
}

/** A stream for any test. */
export const FIRST: StreamId = streamId('Counter', 'first');

/** A second stream of the same category. */
export const SECOND: StreamId = streamId('Counter', 'second');

/** A stream of another category. */
export const OTHER_KIND: StreamId = streamId('Gauge', 'first');

/** The initial time of the clock. */
export const BEGINNING = '2024-06-13T06:44:39.050Z';

/** Opens a fixture's store with a clock that the test can set. */
export async function eventStoreUnderTest(fixture: EventStoreFixture): Promise<EventStoreUnderTest> {
  const clock = settableClock(BEGINNING);
  const nextId = sequentialIds();
  const opened = await fixture.open({ clock });
  const newEvents = (count: number, content: Partial<NewEvent> = {}): readonly NewEvent[] =>
    Array.from({ length: count }, () => ({ ...DEFAULT_EVENT, ...content, id: content.id ?? nextId() }));
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

/** An append without an expected revision. */
export function appendOf(stream: StreamId, events: readonly NewEvent[]): Append {
  return { streamId: stream, expected: 'any', events };
}

/** The streams `category-0`, `category-1` and so on. */
export function streamsOf(category: string, count: number): readonly StreamId[] {
  return Array.from({ length: count }, (_, index) => streamId(category, String(index)));
}

const DEFAULT_EVENT: Omit<NewEvent, 'id'> = {
  type: 'Counted',
  schemaVersion: 1,
  data: { by: 1 },
  metadata: { actor: 'tester', correlationId: 'contract' },
};
