import type { Brand } from '../brand.js';
import type { EventId } from '../ids.js';
import { shown } from '../options/shown.js';

/**
 * A place in the order of the whole store, which is the order of its commits, and the event that stands there: in another history,
 * after a backup was restored, it stands for nothing. Opaque: compare two with `<` and `===`, keep one with {@link positionToString};
 * the distance between two means nothing (docs/glossary.md).
 */
export type Position = Brand<bigint, 'Position'>;

/** Before every event of every store. */
export const START: Position = 0n as Position;

/** So much of an event's id is in its position: two histories have the same at one place once in a million million times. */
const TAG_BITS = 40;
const TAG_SIZE = 1n << BigInt(TAG_BITS);
const LARGEST_PLACE = 2n ** 128n - 1n;
const LARGEST = (LARGEST_PLACE + 1n) * TAG_SIZE - 1n;

/**
 * For stores only: the position of an event, by the number a store orders its events by, from 1 on.
 *
 * @throws RangeError when that is negative or needs more than 128 bits.
 */
export function positionOf(place: bigint | number, id: EventId): Position {
  return taggedPosition(place, tagOf(id));
}

/** For stores only: {@link positionOf} an event of whose id the last 40 bits are known as a number. */
export function taggedPosition(place: bigint | number, tag: number): Position {
  const number = BigInt(place);
  if (number < 0n || number > LARGEST_PLACE)
    throw new RangeError(`a place is a number of at most 128 bits, not ${place}`);
  return (number * TAG_SIZE + BigInt(tag)) as Position;
}

/** For stores only: the number that {@link positionOf} was given; 0 of {@link START}. */
export function placeIn(value: Position): bigint {
  return value / TAG_SIZE;
}

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const VALUES = Uint8Array.from({ length: 128 }, (_, code) => Math.max(0, DIGITS.indexOf(String.fromCharCode(code))));
/** Each character of a ULID holds 5 bits. */
const BITS_PER_DIGIT = 5;

/** The end of an id: what a ULID has at its beginning is the time, which two histories may share. */
function tagOf(id: EventId): number {
  let tag = 0;
  for (let index = id.length - TAG_BITS / BITS_PER_DIGIT; index < id.length; index++) {
    tag = tag * 2 ** BITS_PER_DIGIT + (VALUES[id.charCodeAt(index)] ?? 0);
  }
  return tag;
}

/**
 * Takes a position that was kept as a number.
 *
 * @throws RangeError when it is negative or needs more than 168 bits.
 */
export function position(value: bigint | number): Position {
  const number = BigInt(value);
  if (number < 0n || number > LARGEST) throw new RangeError(`a position is a number of at most 168 bits, not ${value}`);
  return number as Position;
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
  if (typeof text !== 'string' || !/^\d{1,51}$/.test(text))
    throw new RangeError(`a position is a text of up to 51 decimal digits, not ${shown(text)}`);
  return position(BigInt(text));
}

/** The later of two positions. */
export function laterPosition(left: Position, right: Position): Position {
  return left > right ? left : right;
}
