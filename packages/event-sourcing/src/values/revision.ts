import type { Brand } from './brand.js';
import { wholeBigInt, wrong } from './wrong.js';

/** An event's place in its stream: 0 for the first, then 1, 2, 3 without a gap (docs/glossary.md). */
export type Revision = Brand<bigint, 'Revision'>;

/**
 * What a writer expects of a stream; otherwise the whole append is refused.
 *
 * - a revision: that of the last event;
 * - `no-stream`: the stream has no events;
 * - `any`: no expectation.
 */
export type ExpectedRevision = Revision | 'no-stream' | 'any';

const WHOLE = 'a whole number of 0 or more';

/**
 * Parses a whole number of 0 or more.
 *
 * @throws RangeError when it is negative or, as a `number`, not a safe integer.
 */
export function revision(value: bigint | number): Revision {
  const place = wholeBigInt('a revision', value, WHOLE);
  if (place < 0n) throw wrong('a revision', WHOLE, value);
  return place as Revision;
}

/** The revision after `last`; 0 when there is none. */
export function revisionAfter(last: Revision | undefined): Revision {
  return (last === undefined ? 0n : last + 1n) as Revision;
}

/** Whether a stream whose last event is at `actual` (`undefined`: no events) meets the expectation. */
export function meetsExpectation(expected: ExpectedRevision, actual: Revision | undefined): boolean {
  if (expected === 'any') return true;
  if (expected === 'no-stream') return actual === undefined;
  return actual === expected;
}
