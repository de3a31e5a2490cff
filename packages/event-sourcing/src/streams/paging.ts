import { demandPlain } from '../options/parse-options.js';
import type { ReadAllOptions, ReadStreamOptions } from './event-store.js';
import { followedInAppend, type RecordedEvent } from './event.js';

const DEFAULT_PAGE = 500;
const LARGEST_PAGE = 10_000;

/**
 * The page size a reader asked for, or the default.
 *
 * @throws RangeError when it is not a whole number from 1 to 10,000, or the options are not a plain object.
 */
export function pageSizeOf(options: Pick<ReadAllOptions | ReadStreamOptions, 'pageSize'> | undefined): number {
  demandPlain(options, 'a read of events');
  const size = options?.pageSize ?? DEFAULT_PAGE;
  if (Number.isInteger(size) && size >= 1 && size <= LARGEST_PAGE) return size;
  throw new RangeError(`pageSize must be a whole number from 1 to ${LARGEST_PAGE}, not ${size}`);
}

/**
 * The limit a reader of a stream asked for; `Infinity` for all events.
 *
 * @throws RangeError when it is not a whole number of 0 or more.
 */
export function limitOf(options: Pick<ReadStreamOptions, 'limit'> | undefined): number {
  const limit = options?.limit ?? Infinity;
  if (limit === Infinity || (Number.isSafeInteger(limit) && limit >= 0)) return limit;
  throw new RangeError(`limit must be a whole number of 0 or more, not ${limit}`);
}

/** Splits events into pages of whole appends, each with about the requested number of events. */
export function* pagesOf(
  events: readonly RecordedEvent[],
  pageSize: number,
): Generator<readonly RecordedEvent[], void, undefined> {
  for (let from = 0; from < events.length;) {
    const last = events[Math.min(from + pageSize, events.length) - 1];
    const end = from + pageSize + (last === undefined ? 0 : followedInAppend(last));
    yield from === 0 && end >= events.length ? events : events.slice(from, end);
    from = end;
  }
}
