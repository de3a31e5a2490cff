import { isPlainObject } from '../values/deep-frozen.js';
import { shown, joinInWords } from '../values/shown.js';

/** One option as the caller gave it. */
export interface GivenOption {
  /** The function that takes the option: `createApi`. */
  readonly of: string;
  /** Its name with the names of the options around it: `ports.isAllowed`. */
  readonly name: string;
  readonly value: unknown;
  /** Whether the option was given, even as `undefined`. */
  readonly isGiven: boolean;
}

/** Refuses a wrong value of an option. @throws RangeError that names the option */
export type OptionRule = (given: GivenOption) => void;

/** One rule per option. A missing rule does not compile, so no option is taken unchecked. */
export type OptionRules<Options> = { readonly [Name in keyof Options]-?: OptionRule };

/**
 * Parses the options of a function: a plain object that holds only options, each according to its rule.
 *
 * Returns a copy without `undefined` members, so later changes of the given object have no effect.
 *
 * @throws RangeError whose message names the function, the option, and for an unknown name the nearest valid one.
 */
export function parseOptions<Options extends object>(
  options: Options,
  of: string,
  rules: OptionRules<Options>,
): Options {
  checkOptions({ of, name: '', value: options, isGiven: true }, rules);
  const copy = { ...options };
  for (const [name, value] of Object.entries(copy)) if (value === undefined) Reflect.deleteProperty(copy, name);
  return copy;
}

/** Checks nested options. @throws RangeError */
export function checkOptions(
  { of, name: path, value: options }: GivenOption,
  rules: Readonly<Record<string, OptionRule>>,
): void {
  if (!isPlainObject(options)) throw notAnObject(of, path, options);
  const names = Object.keys(rules);
  const prefix = path === '' ? '' : `${path}.`;
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const name = `${prefix}${unknown.slice(0, LONGEST_NAME)}`;
    throw new RangeError(`${of}: ${name} is not an option. ${hintFor(unknown, names)}`);
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = Reflect.get(options, name);
    rule({ of, name: `${prefix}${name}`, value, isGiven: Object.hasOwn(options, name) });
  }
}

/** @throws RangeError for options, or a query, whose members may be inherited: copies of it would lose them. */
export function demandPlain(options: object | undefined, of: string): void {
  if (options !== undefined && !isPlainObject(options)) throw notAnObject(of, '', options);
}

/** The error for a wrong value of an option. */
export function invalidOption({ name, of, value }: GivenOption, expected: string): RangeError {
  return new RangeError(`${of}: ${name} must be ${expected}, not ${shown(value)}.`);
}

const LONGEST_NAME = 60;

function notAnObject(of: string, path: string, value: unknown): RangeError {
  const isInstance = typeof value === 'object' && value !== null && !Array.isArray(value);
  const received = isInstance ? 'an instance of a class' : shown(value);
  return new RangeError(`${of}: ${path === '' ? 'its options' : path} must be a plain object, not ${received}.`);
}

/** What to say of an unknown name: the name that was probably meant, `otherwise`, or without that all there are. */
export function hintFor(given: string, names: readonly string[], otherwise?: string): string {
  const nearest = nearestName(given, names);
  if (nearest !== undefined) return `Did you mean ${nearest}?`;
  return otherwise ?? `There ${names.length === 1 ? 'is only' : 'are'} ${joinInWords(names)}.`;
}

/** The name that was probably meant, out of the valid ones; `undefined` when none is near. */
function nearestName(given: string, names: readonly string[]): string | undefined {
  // No valid name is this long, and the time grows with the length.
  if (given.length > 100) return undefined;
  const plain = normalized(given);
  const [nearest] = names
    .map((name) => ({ name, distance: distance(plain, normalized(name)) }))
    .toSorted((one, other) => one.distance - other.distance);
  return nearest !== undefined && nearest.distance <= Math.max(1, plain.length * 0.4) ? nearest.name : undefined;
}

/** Case and underscores are the most frequent mistakes. */
function normalized(name: string): string {
  return name.replace(/[_\s-]/g, '').toLowerCase();
}

/** The number of letters to insert, delete or replace (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of Array.from(from).entries()) {
    const next = [line + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? from.length;
}
