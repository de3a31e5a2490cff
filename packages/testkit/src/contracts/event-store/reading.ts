import type { EventStore, RecordedEvent, StreamId } from '@login-policy/event-sourcing';
import { followedInAppend, type ReadAllOptions } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { within } from '../waiting.js';

/** How a stream is read. */
export type ReadStreamOptions = NonNullable<Parameters<EventStore['readStream']>[1]>;

const DEFAULT_PAGE = 500;

/** All events of a stream, or those the options select. */
export function readStream(
  store: EventStore,
  stream: StreamId,
  options: ReadStreamOptions = {},
): Promise<readonly RecordedEvent[]> {
  return readPages(
    async () => store.readStream(stream, options),
    (page) => demandLength(page, options.pageSize),
  );
}

/** All events of a store, or those the options select. */
export function readAll(store: EventStore, options: ReadAllOptions = {}): Promise<readonly RecordedEvent[]> {
  return readPages(
    async () => store.readAll(options),
    (page) => demandPage(page, options.pageSize),
  );
}

/**
 * Checks that a page is no longer than requested, not counting its last append, and that it ends with that append.
 *
 * @throws AssertionError
 */
export function demandPage(page: readonly RecordedEvent[], pageSize: number = DEFAULT_PAGE): void {
  const last = page.at(-1);
  if (last === undefined) return fail('a page must not be empty');
  if (followedInAppend(last) > 0)
    fail(`a page ends at event ${last.append?.place} of ${last.append?.count} of an append`);
  const before = page.length - (last.append?.count ?? 1);
  if (before >= pageSize) fail(`a page of ${pageSize} has ${before} events before its last append`);
}

/** The fields of each event as plain objects, because stores may compute fields lazily. */
export function fieldsOf(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.map((event) => {
    const { id, streamId, revision, position, recordedAt, type, schemaVersion, data, metadata, append } = event;
    const fields = { id, streamId, revision, position, recordedAt, type, schemaVersion, data, metadata };
    return append === undefined ? fields : { ...fields, append };
  });
}

/** Checks that both lists hold the same events, with all fields and in the same order. @throws AssertionError */
export function demandEvents(actual: readonly RecordedEvent[], expected: readonly RecordedEvent[]): void {
  demandSame({ what: 'events', actual: fieldsOf(actual), expected: fieldsOf(expected) });
}

/**
 * Checks that the ids are the same in the same order. For so many events that a diff would not help.
 *
 * @throws AssertionError
 */
export function demandIds(actual: readonly { id: string }[], expected: readonly { id: string }[]): void {
  const firstDifference = expected.findIndex((event, at) => actual[at]?.id !== event.id);
  if (actual.length === expected.length && firstDifference === -1) return;
  const index = firstDifference === -1 ? expected.length : firstDifference;
  fail(`expected ${expected.length} events, got ${actual.length}; they differ from event ${index} on`);
}

function demandLength(page: readonly RecordedEvent[], pageSize: number = DEFAULT_PAGE): void {
  if (page.length === 0) fail('a page must not be empty');
  if (page.length > pageSize) fail(`expected at most ${pageSize} events in a page, got ${page.length}`);
}

async function readPages(
  pages: () => Promise<AsyncIterable<readonly RecordedEvent[]>>,
  demand: (page: readonly RecordedEvent[]) => void,
): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  const iterator = (await pages())[Symbol.asyncIterator]();
  for (;;) {
    const result = await within('reading a page', iterator.next());
    if (result.done === true) return events;
    demand(result.value);
    events.push(...result.value);
  }
}
