import { type Instant, isPlainObject, type Position, position } from '@login-policy/event-sourcing';
import { type InstantInput, parseInstantInput } from './instant.js';
import { InvalidValue, parseObject, type Parser } from './invalid-value.js';
import { parseSequence } from './options.js';

/**
 * A moment in a policy's past: right after an event of its stream, at a position in the store, or at an instant. It
 * includes the last command's events as a whole, so one inside them is the moment after them. Clocks can't affect a
 * sequence or a position. An instant depends on the clocks of the machines that wrote.
 */
export type AsOf =
  | { readonly sequence: bigint }
  | { readonly position: Position }
  /** A luxon `DateTime`, a `Date`, or ISO 8601 text with an offset: an instant in the past. */
  | { readonly instant: InstantInput };

/** A parsed {@link AsOf}: right after an event of its stream, at a position in the store, or at an instant. */
export type Moment = { readonly sequence: bigint } | { readonly position: Position } | { readonly instant: Instant };

/** A moment in the past, and its path in the input: `options.asOf.instant`. */
export interface ParsedAsOf {
  readonly moment: Moment;
  readonly field: string;
}

/** Parses a position. */
export const parsePositionInput: Parser<Position> = (value, field) => {
  if (typeof value === 'bigint' && value >= 0n && value < 2n ** 168n) return position(value);
  throw new InvalidValue(field, 'a position that a command answered with', value);
};

/** Parses a moment in the past, with its path. */
export const parseAsOf: Parser<ParsedAsOf> = (value, field) => asOf(parseMoment(value, field), field);

/** A moment with the path of its member. */
export function asOf(moment: Moment, field: string): ParsedAsOf {
  return { moment, field: `${field}.${Object.keys(moment).join()}` };
}

const MOMENTS = '{ sequence }, { position } or { instant }';

/**
 * Parses a moment. Whether it is past is checked when it is looked up, because a replayed command does not look it up.
 */
export const parseMoment: Parser<Moment> = (value, field) => {
  if (!isPlainObject(value)) throw new InvalidValue(field, MOMENTS, value);
  const given = parseObject(value, field, ['sequence', 'position', 'instant']);
  const named = Object.entries(given).filter(([, moment]) => moment !== undefined);
  const [[by, moment] = [undefined, undefined], ...more] = named;
  if (by === undefined || more.length > 0) {
    throw new InvalidValue(field, MOMENTS, value);
  }
  const at = `${field}.${by}`;
  if (by === 'sequence') return { sequence: parseSequence(moment, at) };
  if (by === 'position') return { position: parsePositionInput(moment, at) };
  return { instant: parseInstantInput(moment, at) };
};
