import type { Brand } from './brand.js';
import type { EventId } from './ids.js';
import { wholeBigInt, wrong } from './wrong.js';

/**
 * A place in the commit order of the whole store, together with the event there: in another history, as after a
 * restored backup, the position is unknown. Opaque: compare two with `<` and `===`, store one with {@link
 * positionToString}. The distance between two has no meaning (docs/glossary.md).
 */
export type Position = Brand<bigint, 'Position'>;

/** Before the first event of every store. */
export const START: Position = 0n as Position;

/**
 * The bits of an event's id in its position. The same place in two histories has the same position once in 10
 * 12 times.
 */
const TAG_BITS = 40;
const TAG_SIZE = 1n << BigInt(TAG_BITS);
const LARGEST_ORDINAL = 2n ** 128n - 1n;
const LARGEST = (LARGEST_ORDINAL + 1n) * TAG_SIZE - 1n;

/**
 * For stores: the position of an event, from the store's own order number (1 or more) and the event's id, or the last
 * 40 bits of it as a number.
 *
 * @throws RangeError when the order number is negative or needs more than 128 bits.
 */
export function positionOf(ordinal: bigint | number, id: EventId | number): Position {
  const number = BigInt(ordinal);
  const tag = typeof id === 'number' ? id : tagOf(id);
  if (number < 0n || number > LARGEST_ORDINAL)
    throw new RangeError(`a place must be a number of at most 128 bits, not ${ordinal}`);
  return (number * TAG_SIZE + BigInt(tag)) as Position;
}

/** For stores: the order number that was given to {@link positionOf}; 0 for {@link START}. */
export function ordinalOf(value: Position): bigint {
  return value / TAG_SIZE;
}

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const VALUES = Uint8Array.from({ length: 128 }, (_, code) => Math.max(0, DIGITS.indexOf(String.fromCharCode(code))));
/** Each character of a ULID holds 5 bits. */
const BITS_PER_DIGIT = 5;

/** The end of an id. A ULID begins with its time, which two histories may share. */
function tagOf(id: EventId): number {
  let tag = 0;
  for (let index = id.length - TAG_BITS / BITS_PER_DIGIT; index < id.length; index++) {
    tag = tag * 2 ** BITS_PER_DIGIT + (VALUES[id.charCodeAt(index)] ?? 0);
  }
  return tag;
}

const OF_168_BITS = 'a whole number of 0 or more with at most 168 bits';

/**
 * Parses a position stored as a number.
 *
 * @throws RangeError when it is negative or needs more than 168 bits.
 */
export function position(value: bigint | number): Position {
  const number = wholeBigInt('a position', value, OF_168_BITS);
  if (number < 0n || number > LARGEST) throw wrong('a position', OF_168_BITS, value);
  return number as Position;
}

/** Formats a position for storage: decimal digits, nothing else. @throws RangeError for what is not a position */
export function positionToString(value: Position): string {
  if (typeof value !== 'bigint') throw wrong('a position', 'a bigint', value);
  return value.toString();
}

/**
 * Parses what {@link positionToString} wrote.
 *
 * @throws RangeError when the text is anything else.
 */
export function parsePosition(text: string): Position {
  if (typeof text !== 'string' || !/^\d{1,51}$/.test(text))
    throw wrong('a position', 'a text of up to 51 decimal digits', text);
  return position(BigInt(text));
}

/** The later of two positions. @throws RangeError for what is not a position */
export function laterPosition(left: Position, right: Position): Position {
  if (typeof left !== 'bigint' || typeof right !== 'bigint')
    throw wrong('a position', 'a bigint', typeof left === 'bigint' ? right : left);
  return left > right ? left : right;
}
