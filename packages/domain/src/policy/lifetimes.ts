import { Lru } from '@login-policy/event-sourcing';
import { Duration } from 'luxon';
import { InvalidValue, parseObject, type Parser } from '../input/invalid-value.js';

/** For how long each kind of check counts; afterwards the user is asked again. */
export interface Lifetimes {
  readonly passwordCheck: Duration;
  readonly externalLoginCheck: Duration;
  /** For how long a user may put off setting up a factor; zero: they are never asked to. */
  readonly mfaInitSkip: Duration;
  readonly secondFactorCheck: Duration;
  readonly multiFactorCheck: Duration;
}

/** The name of a lifetime. */
export type LifetimeName = keyof Lifetimes;

/** Every lifetime there is, in the order of docs/reference/login-policies.md#settings. */
export const LIFETIME_NAMES: readonly LifetimeName[] = [
  'passwordCheck',
  'externalLoginCheck',
  'mfaInitSkip',
  'secondFactorCheck',
  'multiFactorCheck',
];

const DAY_MS = 86_400_000;
const LONGEST_MS = 36_500 * DAY_MS;
const EXPECTED =
  'a luxon Duration or an ISO 8601 duration of 0 to 36,500 days in whole milliseconds, without months or years';
const LONGEST_TEXT = 100;
/** What luxon would leave out without a word: less than a millisecond. */
const FINER = /[.,]\d{3}\d*[1-9]\d*S/i;
const ZERO = Duration.fromObject({ seconds: 0 });

/** A lifetime as a caller gives it: a luxon `Duration`, or ISO 8601 text such as `PT240H` or `P10D`. */
export type LifetimeInput = Duration | string;

/** Takes a lifetime from zero to 36,500 days, exact to the millisecond (docs/reference/limits.md). A day has 24 hours. */
export const parseLifetime: Parser<Duration> = (value, field) => {
  const known = typeof value === 'string' ? taken.get(value) : knownLength(value);
  if (known !== undefined) return known;
  const lifetime = newLifetime(value, field);
  if (typeof value === 'string') taken.set(value, lifetime);
  return lifetime;
};

/** Those that were given as text and taken. */
const taken = new Lru<string, Duration>(1000);

function knownLength(value: unknown): Duration | undefined {
  const length = Duration.isDuration(value) ? lengthOf.get(value) : undefined;
  return length !== undefined && isAllowed(length.milliseconds) ? length.lifetime : undefined;
}

function isAllowed(milliseconds: number): boolean {
  return Number.isInteger(milliseconds) && milliseconds >= 0 && milliseconds <= LONGEST_MS;
}

function newLifetime(value: unknown, field: string): Duration {
  const duration = typeof value === 'string' ? durationIn(value) : value;
  if (!Duration.isDuration(duration) || !duration.isValid) throw new InvalidValue(field, EXPECTED, value);
  const milliseconds = isExact(duration) ? duration.toMillis() : Number.NaN;
  if (!isAllowed(milliseconds)) {
    throw new InvalidValue(field, EXPECTED, typeof value === 'string' ? value : shown(duration, milliseconds));
  }
  return canonical(milliseconds);
}

function durationIn(text: string): Duration | undefined {
  // luxon takes `PT`, which names no length, for zero.
  if (text.length > LONGEST_TEXT || !/\d/.test(text) || FINER.test(text)) return undefined;
  return Duration.fromISO(text);
}

/** luxon shows whole milliseconds, as if there were no more to it. */
function shown(lifetime: Duration, milliseconds: number): string {
  const isBroken = Number.isFinite(milliseconds) && !Number.isInteger(milliseconds);
  return isBroken ? `PT${milliseconds / 1000}S` : (lifetime.toISO() ?? 'an invalid Duration');
}

/** Months and years have no length of their own. */
function isExact({ years, quarters, months }: Duration): boolean {
  return years === 0 && quarters === 0 && months === 0;
}

/** What a length of time is in each of its forms, made once: policies share few. */
interface Length {
  readonly lifetime: Duration;
  readonly milliseconds: number;
  readonly text: string;
}

const lengths = new Lru<number, Length>(1000);
const lengthOf = new WeakMap<Duration, Length>();

/** The one form of each length, so that equal lifetimes are equal Durations and read back as they were written. */
function canonical(milliseconds: number): Duration {
  return (lengths.get(milliseconds) ?? made(milliseconds)).lifetime;
}

function made(milliseconds: number): Length {
  const parts = Duration.fromMillis(milliseconds).shiftTo('hours', 'minutes', 'seconds', 'milliseconds');
  const lifetime = milliseconds === 0 ? ZERO : parts.removeZeros();
  const length = { lifetime, milliseconds, text: lifetime.toISO() ?? '' };
  lengths.set(milliseconds, length);
  lengthOf.set(lifetime, length);
  return length;
}

/** Whether two lifetimes are equally long. */
export function isSameLength(one: Duration, other: Duration): boolean {
  return one === other || millisecondsOf(one) === millisecondsOf(other);
}

function millisecondsOf(lifetime: Duration): number {
  return lengthOf.get(lifetime)?.milliseconds ?? lifetime.toMillis();
}

const texts = new Lru<string, Duration>(1000);

/** Reads a lifetime as it was recorded, ISO 8601 of whatever length. */
export const parseRecordedLifetime: Parser<Duration> = (value, field) => {
  if (typeof value !== 'string') throw new InvalidValue(field, 'an ISO 8601 duration', value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const milliseconds = Duration.fromISO(value).toMillis();
  if (!Number.isFinite(milliseconds)) throw new InvalidValue(field, 'an ISO 8601 duration', value);
  const lifetime = canonical(milliseconds);
  texts.set(value, lifetime);
  return lifetime;
};

/** Lifetimes, all or some, as they are stored: ISO 8601. */
export function lifetimesToJson(lifetimes: Partial<Lifetimes>): Readonly<Record<string, string>> {
  const json: Record<string, string> = {};
  for (const name of LIFETIME_NAMES) {
    const lifetime = lifetimes[name];
    if (lifetime !== undefined) json[name] = (lengthOf.get(lifetime) ?? made(lifetime.toMillis())).text;
  }
  return json;
}

/** Takes some of the lifetimes, perhaps none. */
export function parseLifetimes(value: unknown, field: string, lifetime: Parser<Duration>): Partial<Lifetimes> {
  const given = parseObject(value, field, LIFETIME_NAMES);
  const some: Partial<Record<LifetimeName, Duration>> = {};
  for (const name of LIFETIME_NAMES) {
    if (given[name] !== undefined) some[name] = lifetime(given[name], `${field}.${name}`);
  }
  return some;
}
