import type { Brand } from '../brand.js';

/** The place of an event in its stream: 0 for the first, then 1, 2, 3 without a gap (docs/glossary.md). */
export type Revision = Brand<bigint, 'Revision'>;

/**
 * What a writer believes of a stream; an append that believes wrongly is refused as a whole.
 *
 * - a revision: the last event is at exactly this one;
 * - `no-stream`: it has no events;
 * - `stream-exists`: it has at least one;
 * - `any`: nothing is believed, the events go after whatever is there.
 */
export type ExpectedRevision = Revision | 'no-stream' | 'stream-exists' | 'any';

/**
 * Takes a whole number from 0 on.
 *
 * @throws RangeError when it is negative or, as a `number`, not a safe integer.
 */
export function revision(value: bigint | number): Revision {
  const place = BigInt(value);
  if (place < 0n || (typeof value === 'number' && !Number.isSafeInteger(value))) {
    throw new RangeError(`a revision is a whole number from 0 on, not ${value}`);
  }
  return place as Revision;
}

/** The place after `last`; the first place when there is none. */
export function revisionAfter(last: Revision | undefined): Revision {
  return (last === undefined ? 0n : last + 1n) as Revision;
}

/** Whether a stream whose last event is at `actual` (`undefined`: no events) is what the writer expected. */
export function meetsExpectation(expected: ExpectedRevision, actual: Revision | undefined): boolean {
  if (expected === 'any') return true;
  if (expected === 'no-stream') return actual === undefined;
  if (expected === 'stream-exists') return actual !== undefined;
  return actual === expected;
}
