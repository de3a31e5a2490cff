import { rule } from '@login-policy/event-sourcing';
import { InvalidValue, type Parser } from './invalid-value.js';

/** Parses an optional member of an options object. @throws InvalidValue */
export function optional<Value>(
  given: Readonly<Record<string, unknown>>,
  name: string,
  parse: Parser<Value>,
): Value | undefined {
  return given[name] === undefined ? undefined : parse(given[name], `options.${name}`);
}

/** Parses a sequence; 0 stands for a policy without events. */
export const parseSequence: Parser<bigint> = (value, field) => {
  if (typeof value === 'bigint' && value >= 0n && value < 2n ** 63n) return value;
  throw new InvalidValue(field, 'a bigint of 0 or more', value);
};

/** Parses an `AbortSignal`, of any implementation. */
export const parseSignal: Parser<AbortSignal> = (value, field) => {
  if (rule.isSignal(value)) return value;
  throw new InvalidValue(field, 'an AbortSignal', value);
};

const LONGEST_WAIT_MS = 600_000;

/** Parses a waiting time in milliseconds. */
export const parseWait: Parser<number> = (value, field) => {
  if (typeof value === 'number' && value >= 0 && value <= LONGEST_WAIT_MS) return value;
  throw new InvalidValue(field, `0 to ${LONGEST_WAIT_MS} milliseconds`, value);
};

/** Takes a whole number from 1 to that. */
export function wholeNumberTo(most: number): Parser<number> {
  return (value, field) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidValue(field, `a whole number from 1 to ${most.toLocaleString('en-US')}`, value);
  };
}
