import { monotonicFactory } from 'ulid';
import type { Brand } from './brand.js';
import { namedClock, type Clock } from './instant.js';
import { shown } from './shown.js';
import { wrong } from './wrong.js';

/** The identity of one event, forever: a ULID (26 characters, Crockford base 32; docs/reference/events.md). */
export type EventId = Brand<string, 'EventId'>;

/** Returns a new id at every call, never the same one twice. */
export type IdSource = () => EventId;

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * Parses a ULID in its canonical upper-case form.
 *
 * @throws RangeError when the text is anything else.
 */
export function eventId(text: string): EventId {
  if (isEventId(text)) return text;
  throw wrong('an event id', 'a ULID', text);
}

/** Whether a value is a ULID in its canonical upper-case form. */
export function isEventId(text: unknown): text is EventId {
  return typeof text === 'string' && ULID.test(text);
}

/** The same source, whose wrong answers are refused by its name: no ULID, or the one before again. */
export function namedIds(ids: IdSource): IdSource {
  let before: EventId | undefined;
  return () => {
    const id = ids();
    if (!isEventId(id) || id === before)
      throw new RangeError(`ids must return a ULID, a new one at each call, not ${shown(id)}`);
    return (before = id);
  };
}

/**
 * Makes ULIDs that sort in the order they were made, also within one millisecond and when the clock jumps back.
 *
 * Random bytes are drawn from the platform's cryptographic source 1,024 at a time, because reading them one per
 * character takes far longer than the rest of the id.
 *
 * @throws RangeError for a clock that is not a function, and at a call, when it does not tell whole milliseconds.
 */
export function monotonicIds(clock?: Clock): IdSource {
  const next = monotonicFactory(pooledRandom());
  const now = namedClock(clock);
  return () => next(withinUlid(now())) as EventId;
}

const LAST = 2 ** 48 - 1;

/**
 * Clamps a time to what a ULID can hold: 48 bits from 1970. A machine whose clock is out of this range can still
 * create event ids. The lower end is not 0, because `ulid` takes 0 for a missing time and reads the machine's clock.
 */
function withinUlid(moment: number): number {
  return Math.min(Math.max(moment, 1), LAST);
}

function pooledRandom(): () => number {
  const pool = new Uint8Array(1024);
  let used = pool.length;
  return () => {
    if (used === pool.length) {
      globalThis.crypto.getRandomValues(pool);
      used = 0;
    }
    return (pool[used++] ?? 0) / 256;
  };
}
