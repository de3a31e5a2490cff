import type {
  EventStore,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StreamId,
} from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import { within } from '../patience.js';

const DEFAULT_PAGE = 512;

/** All of a stream, or the part the options name. */
export function readStream(
  store: EventStore,
  stream: StreamId,
  options: ReadStreamOptions = {},
): Promise<readonly RecordedEvent[]> {
  return gather(async () => store.readStream(stream, options), options.pageSize);
}

/** All of a store, or the part the options name. */
export function readAll(store: EventStore, options: ReadAllOptions = {}): Promise<readonly RecordedEvent[]> {
  return gather(async () => store.readAll(options), options.pageSize);
}

/** The plain nine fields of each event, so that it does not matter whether a store makes some of them late. */
export function plain(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.map((event) => {
    const { id, streamId, revision, position, recordedAt, type, schemaVersion, data, metadata } = event;
    return { id, streamId, revision, position, recordedAt, type, schemaVersion, data, metadata };
  });
}

/** Passes when both are the same events in all their fields, in the same order. @throws AssertionError when not. */
export function demandEvents(actual: readonly RecordedEvent[], expected: readonly RecordedEvent[]): void {
  demandSame({ what: 'events', actual: plain(actual), expected: plain(expected) });
}

/** Passes when the ids are the same in the same order; for many events, of which a diff would say nothing. */
export function demandIds(actual: readonly { id: string }[], expected: readonly { id: string }[]): void {
  const differs = expected.findIndex((event, index) => actual[index]?.id !== event.id);
  if (actual.length === expected.length && differs === -1) return;
  const place = differs === -1 ? expected.length : differs;
  fail(`${expected.length} events were expected and ${actual.length} came; they differ from event ${place} on`);
}

async function gather(
  pages: () => Promise<AsyncIterable<readonly RecordedEvent[]>>,
  pageSize: number = DEFAULT_PAGE,
): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  const iterator = (await pages())[Symbol.asyncIterator]();
  for (;;) {
    const result = await within('a page', iterator.next());
    if (result.done === true) return events;
    if (result.value.length === 0) fail('a page is never empty');
    if (result.value.length > pageSize) fail(`a page has at most ${pageSize} events, not ${result.value.length}`);
    events.push(...result.value);
  }
}
