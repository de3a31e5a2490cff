import { demandPlain } from '../options/parse-options.js';
import { demandSignal } from '../values/on-abort.js';
import { demandPlace, wrong } from '../values/wrong.js';
import { demandFilter } from './event-filter.js';
import type { ReadAllOptions, ReadStreamOptions, ReadStreamsOptions } from './event-store.js';
import { followedInAppend, type RecordedEvent } from './event.js';

const DEFAULT_PAGE = 500;
const LARGEST_PAGE = 10_000;

/** The options of all reads of events. */
type AnyRead = ReadAllOptions & ReadStreamOptions & Partial<ReadStreamsOptions>;

/**
 * Checks the options of a read of events, whichever read it is.
 *
 * @throws RangeError naming the option, or when they are not a plain object.
 */
export function demandRead(options: Partial<AnyRead> | undefined): void {
  pageSizeOf(options);
  if (options === undefined) return;
  const { after, direction, filter, from, isBeforeAppend = false, signal, upTo } = options;
  limitOf(options);
  demandSignal(signal);
  if (after !== undefined) demandPlace('after', after);
  if (upTo !== undefined) demandPlace('upTo', upTo);
  if (from !== undefined) demandPlace('from', from, 'revision');
  if (filter !== undefined) demandFilter(filter);
  if (direction !== undefined && direction !== 'forwards' && direction !== 'backwards')
    throw wrong('direction', 'forwards or backwards', direction);
  if (typeof isBeforeAppend !== 'boolean') throw wrong('isBeforeAppend', 'true or false', isBeforeAppend);
}

/**
 * The page size a reader asked for, or the default.
 *
 * @throws RangeError when it is not a whole number from 1 to 10,000, or the options are not a plain object.
 */
export function pageSizeOf(options: Pick<ReadAllOptions | ReadStreamOptions, 'pageSize'> | undefined): number {
  demandPlain(options, 'a read of events');
  const { pageSize = DEFAULT_PAGE } = options ?? {};
  if (Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= LARGEST_PAGE) return pageSize;
  throw wrong('pageSize', `a whole number from 1 to ${LARGEST_PAGE}`, pageSize);
}

/**
 * The limit a reader of a stream asked for; `Infinity` for all events.
 *
 * @throws RangeError when it is not a whole number of 0 or more.
 */
export function limitOf(options: Pick<ReadStreamOptions, 'limit'> | undefined): number {
  const { limit = Infinity } = options ?? {};
  if (limit === Infinity || (Number.isSafeInteger(limit) && limit >= 0)) return limit;
  throw wrong('limit', 'a whole number of 0 or more', limit);
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
