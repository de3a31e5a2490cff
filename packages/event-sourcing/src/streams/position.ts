import type { Brand } from '../brand.js';

/**
 * A place in the order of the whole store, which is the order of its commits. Opaque: compare two with `<` and `===`,
 * keep one with {@link positionToString}; the distance between two means nothing (docs/glossary.md).
 */
export type Position = Brand<bigint, 'Position'>;

/** Before every event of every store. */
export const START: Position = 0n as Position;

const LARGEST = 2n ** 128n - 1n;

/**
 * For stores only: takes the number a store orders its events by.
 *
 * @throws RangeError when it is negative or needs more than 128 bits.
 */
export function position(value: bigint | number): Position {
  const place = BigInt(value);
  if (place < 0n || place > LARGEST) throw new RangeError(`a position is a number of at most 128 bits, not ${value}`);
  return place as Position;
}

/** Writes a position for safe keeping: decimal digits, nothing else. */
export function positionToString(value: Position): string {
  return value.toString();
}

/**
 * Reads what {@link positionToString} wrote.
 *
 * @throws RangeError when the text is anything else.
 */
export function parsePosition(text: string): Position {
  if (!/^\d{1,39}$/.test(text))
    throw new RangeError(`a position is up to 39 decimal digits, not ${JSON.stringify(text.slice(0, 50))}`);
  return position(BigInt(text));
}

/** The later of two positions. */
export function laterPosition(left: Position, right: Position): Position {
  return left > right ? left : right;
}
