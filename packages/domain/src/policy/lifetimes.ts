import { Lru } from '@login-policy/event-sourcing';
import { Duration } from 'luxon';
import { eachMember, InvalidValue, parseObject, UnknownMember, type Parser } from '../input/invalid-value.js';

/** How long each kind of check counts before the user is asked again, as answers contain it. */
export interface LifetimesView {
  readonly passwordCheck: Duration;
  readonly externalLoginCheck: Duration;
  /** How long a user may put off setting up a factor. Zero: the user is never asked to. */
  readonly mfaInitSkip: Duration;
  readonly secondFactorCheck: Duration;
  readonly multiFactorCheck: Duration;
}

/** The name of a lifetime. */
export type LifetimeName = keyof LifetimesView;

/**
 * The lifetimes in events, policies and commands: ISO 8601 in hours, minutes and seconds (`PT240H`), so that equal
 * durations are equal texts.
 */
export type Lifetimes = Readonly<Record<LifetimeName, string>>;

/** Every lifetime, in the order of docs/reference/login-policies.md#settings. */
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
/** Fractions below a millisecond, which luxon would silently drop. */
const FINER_THAN_MILLISECONDS = /[.,]\d{3}\d*[1-9]\d*S/i;

/** A lifetime as callers give it: a luxon `Duration`, or ISO 8601 text such as `PT240H` or `P10D`. */
export type LifetimeInput = Duration | string;

/** A duration as canonical text and as a luxon `Duration`. Cached, because policies share few of them. */
interface CanonicalDuration {
  readonly text: string;
  readonly duration: Duration;
  readonly milliseconds: number;
}

const lengths = new Lru<number, CanonicalDuration>(1000);
/** The caches by input text and by recorded text. */
const [givenTexts, recordedTexts] = [
  new Lru<string, CanonicalDuration>(1000),
  new Lru<string, CanonicalDuration>(1000),
];

/**
 * Parses a lifetime from zero to 36,500 days, exact to the millisecond (docs/reference/limits.md). A day has 24 hours.
 */
export const parseLifetime: Parser<string> = (value, field) => {
  if (typeof value !== 'string') return newLifetime(value, field).text;
  const known = givenTexts.get(value);
  if (known !== undefined) return known.text;
  const length = newLifetime(value, field);
  givenTexts.set(value, length);
  return length.text;
};

function newLifetime(value: unknown, field: string): CanonicalDuration {
  const duration = typeof value === 'string' ? durationIn(value) : value;
  if (!Duration.isDuration(duration) || !duration.isValid) throw new InvalidValue(field, EXPECTED, value);
  const milliseconds = isExact(duration) ? duration.toMillis() : Number.NaN;
  if (Number.isInteger(milliseconds) && milliseconds >= 0 && milliseconds <= LONGEST_MS)
    return canonicalDurationOf(milliseconds);
  throw new InvalidValue(field, EXPECTED, typeof value === 'string' ? value : shown(duration, milliseconds));
}

function durationIn(text: string): Duration | undefined {
  // luxon parses `PT`, which has no duration, as zero.
  if (text.length > LONGEST_TEXT || !/\d/.test(text) || FINER_THAN_MILLISECONDS.test(text)) return undefined;
  return durationOfIso(text);
}

/** `undefined` for text that is not ISO 8601, also where the program has luxon throw on invalid values. */
function durationOfIso(text: string): Duration | undefined {
  try {
    return Duration.fromISO(text);
  } catch {
    return undefined;
  }
}

/** Shows the milliseconds that luxon would round. */
function shown(lifetime: Duration, milliseconds: number): string {
  const isBroken = Number.isFinite(milliseconds) && !Number.isInteger(milliseconds);
  return isBroken ? `PT${milliseconds / 1000}S` : (lifetime.toISO() ?? 'an invalid Duration');
}

/** Months and years have no fixed duration. */
function isExact({ years, quarters, months }: Duration): boolean {
  return years === 0 && quarters === 0 && months === 0;
}

function canonicalDurationOf(milliseconds: number): CanonicalDuration {
  const known = lengths.get(milliseconds);
  if (known !== undefined) return known;
  const parts = Duration.fromMillis(milliseconds).shiftTo('hours', 'minutes', 'seconds', 'milliseconds');
  const duration = milliseconds === 0 ? Duration.fromObject({ seconds: 0 }) : parts.removeZeros();
  const length = { text: duration.toISO() ?? '', duration, milliseconds };
  lengths.set(milliseconds, length);
  return length;
}

function parseRecordedDuration(value: unknown, field: string): CanonicalDuration {
  const known = typeof value === 'string' ? recordedTexts.get(value) : undefined;
  if (known !== undefined) return known;
  const milliseconds = typeof value === 'string' ? durationOfIso(value)?.toMillis() : undefined;
  if (typeof value !== 'string' || milliseconds === undefined || !Number.isFinite(milliseconds)) {
    throw new InvalidValue(field, 'an ISO 8601 duration', value);
  }
  const length = canonicalDurationOf(milliseconds);
  recordedTexts.set(value, length);
  return length;
}

/** Parses a recorded lifetime: any ISO 8601 duration. */
export const parseRecordedLifetime: Parser<string> = (value, field) => parseRecordedDuration(value, field).text;

/** The milliseconds of a policy's lifetime, given as text or in a view. A recorded one may have any duration. */
export const parseMilliseconds: Parser<number> = (value, field) => {
  if (!Duration.isDuration(value)) return parseRecordedDuration(value, field).milliseconds;
  const milliseconds = value.toMillis();
  if (Number.isFinite(milliseconds)) return milliseconds;
  throw new InvalidValue(field, 'a valid lifetime', value);
};

function isLifetimeName(name: string): name is LifetimeName {
  return LIFETIME_NAMES.some((known) => known === name);
}

/**
 * Whether the recorded lifetimes, all or some, are in canonical text.
 *
 * @throws InvalidValue when they are not lifetimes.
 */
export function areCanonicalLifetimes(value: unknown, field: string): boolean {
  let isEach = true;
  eachMember(value, field, (name, given) => {
    if (!isLifetimeName(name)) throw new UnknownMember(field, name, LIFETIME_NAMES);
    if (parseRecordedLifetime(given, `${field}.${name}`) !== given) isEach = false;
  });
  return isEach;
}

/** Parses some of the lifetimes, possibly none. */
export function parseLifetimes(value: unknown, field: string, lifetime: Parser<string>): Partial<Lifetimes> {
  const given = parseObject(value, field, LIFETIME_NAMES);
  const some: Partial<Record<LifetimeName, string>> = {};
  for (const name of LIFETIME_NAMES) {
    if (given[name] !== undefined) some[name] = lifetime(given[name], `${field}.${name}`);
  }
  return some;
}

/** Lifetimes as answers contain them. */
export function viewOfLifetimes(lifetimes: Lifetimes): LifetimesView {
  const duration = (name: LifetimeName): Duration => parseRecordedDuration(lifetimes[name], name).duration;
  return {
    passwordCheck: duration('passwordCheck'),
    externalLoginCheck: duration('externalLoginCheck'),
    mfaInitSkip: duration('mfaInitSkip'),
    secondFactorCheck: duration('secondFactorCheck'),
    multiFactorCheck: duration('multiFactorCheck'),
  };
}
