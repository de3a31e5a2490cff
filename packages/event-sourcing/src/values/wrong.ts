import { shown } from './shown.js';

/** The error for an argument or a member that is not what its type says, as plain JavaScript can pass it. */
export function wrong(name: string, expected: string, value: unknown): RangeError {
  return new RangeError(`${name} must be ${expected}, not ${shown(value)}`);
}

/** @throws RangeError naming what is not a text. */
export function demandString(name: string, value: unknown): void {
  if (typeof value !== 'string') throw wrong(name, 'a text', value);
}

/** @throws RangeError naming what is not a position, a revision or another big integer of 0 or more. */
export function demandPlace(name: string, value: unknown, kind: 'position' | 'revision' = 'position'): void {
  if (typeof value !== 'bigint' || value < 0n) throw wrong(name, `a ${kind} (a bigint of 0 or more)`, value);
}

/** @throws RangeError naming options that are not an object, such as `null`. Without options, the defaults count. */
export function demandOptions(name: string, value: unknown): void {
  if (value !== undefined && (typeof value !== 'object' || value === null)) throw wrong(name, 'an object', value);
}

/** A whole number as a big integer. @throws RangeError naming what is not one, or a number too large to be exact. */
export function wholeBigInt(name: string, value: unknown, expected: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw wrong(name, expected, value);
}
