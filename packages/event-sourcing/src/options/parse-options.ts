import { nearestName } from './nearest-name.js';
import { inWords, shown } from './shown.js';

/** One option as a caller gave it. */
export interface GivenOption {
  /** The function whose option it is: `createApi`. */
  readonly of: string;
  /** Its name, behind the names of what it stands in: `ports.isAllowed`. */
  readonly name: string;
  readonly value: unknown;
  /** Whether it was given at all, be it as `undefined`. */
  readonly isGiven: boolean;
}

/** Refuses an option that is not what it has to be. @throws RangeError that names it */
export type OptionRule = (given: GivenOption) => void;

/** One rule for each option: a missing one does not compile, so no option is taken unchecked. */
export type OptionRules<Options> = { readonly [Name in keyof Options]-?: OptionRule };

/**
 * Takes the options of a function: a plain object that holds nothing but options, each of which keeps its rule.
 *
 * The answer is a copy, in which no member is `undefined`: what is done to the given object later changes nothing.
 *
 * @throws RangeError whose sentence names the function, the option, and for an unknown name the nearest one there is.
 */
export function parseOptions<Options extends object>(
  options: Options,
  of: string,
  rules: OptionRules<Options>,
): Options {
  refuseOptions({ of, name: '', value: options, isGiven: true }, rules);
  const copy = { ...options };
  for (const [name, value] of Object.entries(copy)) if (value === undefined) Reflect.deleteProperty(copy, name);
  return copy;
}

/** Checks the options that are themselves the value of one. @throws RangeError */
export function refuseOptions(
  { of, name: path, value: options }: GivenOption,
  rules: Readonly<Record<string, OptionRule>>,
): void {
  if (!isPlainObject(options)) throw notAnObject(of, path, options);
  const names = Object.keys(rules);
  const prefix = path === '' ? '' : `${path}.`;
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownOption(of, prefix, { unknown, names });
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = Reflect.get(options, name);
    rule({ of, name: `${prefix}${name}`, value, isGiven: Object.hasOwn(options, name) });
  }
}

/** What an option is refused with. */
export function invalidOption({ name, of, value }: GivenOption, expected: string): RangeError {
  return new RangeError(`${of}: ${name} must be ${expected}, not ${shown(value)}.`);
}

const LONGEST_NAME = 60;

function unknownOption(
  of: string,
  prefix: string,
  { unknown, names }: { readonly unknown: string; readonly names: readonly string[] },
): RangeError {
  const nearest = nearestName(unknown, names);
  const hint = nearest === undefined ? `There are ${inWords(names)}.` : `Did you mean ${nearest}?`;
  return new RangeError(`${of}: ${prefix}${unknown.slice(0, LONGEST_NAME)} is not an option. ${hint}`);
}

function notAnObject(of: string, path: string, value: unknown): RangeError {
  const isInstance = typeof value === 'object' && value !== null && !Array.isArray(value);
  const received = isInstance ? 'an instance of a class' : shown(value);
  return new RangeError(`${of}: ${path === '' ? 'its options' : path} must be a plain object, not ${received}.`);
}

/** An instance of a class would lose what it inherits, such as a method that is an option, without a word. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const above: unknown = Object.getPrototypeOf(value);
  return above === null || (typeof above === 'object' && Object.getPrototypeOf(above) === null);
}
