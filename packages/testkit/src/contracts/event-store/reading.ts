import type { EventStore, RecordedEvent, StreamId } from '@login-policy/event-sourcing';
import { followedInAppend, type ReadAllOptions, type ReadStreamOptions } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { within } from '../patience.js';

const DEFAULT_PAGE = 500;

/** All of a stream, or the part the options name. */
export function readStream(
  store: EventStore,
  stream: StreamId,
  options: ReadStreamOptions = {},
): Promise<readonly RecordedEvent[]> {
  return gather(
    async () => store.readStream(stream, options),
    (page) => demandLength(page, options.pageSize),
  );
}

/** All of a store, or the part the options name. */
export function readAll(store: EventStore, options: ReadAllOptions = {}): Promise<readonly RecordedEvent[]> {
  return gather(
    async () => store.readAll(options),
    (page) => demandPage(page, options.pageSize),
  );
}

/**
 * Passes when a page of everything is as long as was wished, but for the rest of its last append, and ends where that ends.
 *
 * @throws AssertionError
 */
export function demandPage(page: readonly RecordedEvent[], pageSize: number = DEFAULT_PAGE): void {
  const last = page.at(-1);
  if (last === undefined) return fail('a page is never empty');
  if (followedInAppend(last) > 0)
    fail(`a page ends at event ${last.append?.place} of ${last.append?.count} of an append`);
  const before = page.length - (last.append?.count ?? 1);
  if (before >= pageSize) fail(`a page of ${pageSize} has ${before} events before its last append`);
}

/** The plain ten fields of each event, so that it does not matter whether a store makes some of them late. */
export function plain(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.map((event) => {
    const { id, streamId, revision, position, recordedAt, type, schemaVersion, data, metadata, append } = event;
    const fields = { id, streamId, revision, position, recordedAt, type, schemaVersion, data, metadata };
    return append === undefined ? fields : { ...fields, append };
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

function demandLength(page: readonly RecordedEvent[], pageSize: number = DEFAULT_PAGE): void {
  if (page.length === 0) fail('a page is never empty');
  if (page.length > pageSize) fail(`a page has at most ${pageSize} events, not ${page.length}`);
}

async function gather(
  pages: () => Promise<AsyncIterable<readonly RecordedEvent[]>>,
  demand: (page: readonly RecordedEvent[]) => void,
): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  const iterator = (await pages())[Symbol.asyncIterator]();
  for (;;) {
    const result = await within('a page', iterator.next());
    if (result.done === true) return events;
    demand(result.value);
    events.push(...result.value);
  }
}
