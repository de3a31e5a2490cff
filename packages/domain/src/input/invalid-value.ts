import { acrossCopies, hintFor, isPlainObject, shown } from '@login-policy/event-sourcing';

/** The parts of an input error. */
export interface InvalidFacts {
  readonly field: string;
  readonly expected: string;
  readonly received: string;
  /** For an unknown name: the problem as a whole sentence, with the nearest valid name. */
  readonly problem?: string;
}

/** Formats an input error as a sentence. */
export function invalidSentence({ field, expected, received, problem }: InvalidFacts): string {
  return problem ?? `${field} must be ${expected}, not ${received}.`;
}

/** Input is malformed. Parsers throw this; the use cases turn it into an `invalid-argument`. */
export class InvalidValue extends Error {
  /** The path of the value in the input: `settings.lifetimes.passwordCheck`. */
  readonly field: string;
  readonly expected: string;
  /** The value, shortened to fit into a sentence. */
  readonly received: string;

  constructor(field: string, expected: string, value: unknown, received: string = shown(value)) {
    super(invalidSentence({ field, expected, received }));
    this.name = 'InvalidValue';
    this.field = field;
    this.expected = expected;
    this.received = received;
  }
}
acrossCopies(InvalidValue, 'InvalidValue');

/**
 * Refuses input that only the policy can judge: a moment without an answer, or a past value that can't be recorded
 * again. A plain {@link InvalidValue} counts as a refusal only while input is parsed.
 */
export class LateRefusal extends Error {
  readonly refused: InvalidValue;

  constructor(refused: InvalidValue) {
    super(refused.message, { cause: refused });
    this.name = 'LateRefusal';
    this.refused = refused;
  }
}
acrossCopies(LateRefusal, 'LateRefusal');

/** An object has an unknown member. */
export class UnknownMember extends InvalidValue {
  /** A sentence that names the member probably meant, or all valid ones. */
  readonly problem: string;

  constructor(field: string, member: string, members: readonly string[]) {
    const path = `${field}.${member.slice(0, SHOWN)}`;
    super(path, `a member of ${field}: ${members.join(', ')}`, member);
    const kind = KINDS[field.slice(field.lastIndexOf('.') + 1)] ?? `a member of ${field}`;
    this.problem = `${path} is not ${kind}. ${hintFor(member, members)}`;
    this.message = this.problem;
    this.name = 'UnknownMember';
  }
}
acrossCopies(UnknownMember, 'UnknownMember');

/** What the members of some objects are called. */
const KINDS: Readonly<Record<string, string>> = {
  settings: 'a setting',
  lifetimes: 'a lifetime',
  options: 'an option',
};

const SHOWN = 60;

/** Parses a value; the second argument is its path in the input. @throws InvalidValue */
export type Parser<Value> = (value: unknown, field: string) => Value;

/** Reads stored data by parsers of input. What is malformed is damage, and must not look like a caller's mistake. */
export function ofStored<Stored, Value>(parse: (stored: Stored) => Value): (stored: Stored) => Value {
  return (stored) => {
    try {
      return parse(stored);
    } catch (cause) {
      throw new TypeError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };
}

/** Parses `true` or `false`. */
export const parseBoolean: Parser<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value;
  throw new InvalidValue(field, 'true or false', value);
};

/** The members of an input object. Inherits nothing, so a modified prototype has no effect. */
class OwnMembers {
  [member: string]: unknown;
}
Object.setPrototypeOf(OwnMembers.prototype, null);
Reflect.deleteProperty(OwnMembers.prototype, 'constructor');

/** Parses a plain object that has no other members than these. @throws InvalidValue, or UnknownMember */
export function parseObject(
  value: unknown,
  field: string,
  members: readonly string[],
): Readonly<Record<string, unknown>> {
  const given = parseAnyObject(value, field, members);
  const own = new OwnMembers();
  const names = Object.keys(given);
  if (names.length === 0) demandPlain(given, field);
  for (const member of names) {
    if (!members.includes(member)) throw new UnknownMember(field, member, members);
    own[member] = given[member];
  }
  return own;
}

/**
 * Parses an object with any members, without a copy. Refuses those of `members` that it only inherits, such as a getter
 * of a class, or that can't be enumerated: they would be ignored, with the condition or the expiry that they hold. And
 * what only looks empty, such as a promise whose `await` was forgotten.
 */
export function parseAnyObject(
  value: unknown,
  field: string,
  members: readonly string[],
): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new InvalidValue(field, 'an object', value);
  const isPlain = isPlainObject(value);
  if (isPlain && Object.getOwnPropertyNames(value).length === Object.keys(value).length) return value;
  const isThere = (member: string): boolean => (isPlain ? Object.hasOwn(value, member) : member in value);
  const lost = members.find((member) => isThere(member) && !Object.keys(value).includes(member));
  if (lost === undefined) {
    if (Object.keys(value).length === 0) demandPlain(value, field);
    return value;
  }
  const [expected, received] = Object.hasOwn(value, lost)
    ? ['a member that can be enumerated', 'hidden']
    : ['a member of the object itself', 'inherited'];
  throw new InvalidValue(`${field}.${lost}`, expected, received);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Refuses a `Date`, a `Map` or a promise: they have no own members and would look empty. */
function demandPlain(empty: object, field: string): void {
  if (!isPlainObject(empty)) throw new InvalidValue(field, 'a plain object', empty);
}

/** Passes each own member of a plain object to `take`. */
export function eachMember(value: unknown, field: string, take: (member: string, given: unknown) => void): void {
  if (!isObject(value)) throw new InvalidValue(field, 'an object', value);
  const members = Object.keys(value);
  if (members.length === 0) demandPlain(value, field);
  for (const member of members) take(member, Reflect.get(value, member));
}

/** Parses one of a fixed set of names. */
export function parseOneOf<Name extends string>(names: readonly Name[]): Parser<Name> {
  return (value, field) => {
    for (const name of names) if (name === value) return name;
    throw new InvalidValue(field, `one of ${names.join(', ')}`, value);
  };
}

/** Parses a list of any length, item by item; duplicates stay. For input of each sign-in. */
export function parseEach<Item>(value: unknown, field: string, parse: Parser<Item>): readonly Item[] {
  if (!Array.isArray(value)) throw new InvalidValue(field, 'a list', value);
  const items: Item[] = [];
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index];
    try {
      items.push(parse(item, field));
    } catch {
      // The path is built only for an error, because that takes longer than parsing most items.
      items.push(parse(item, `${field}[${index}]`));
    }
  }
  return items;
}

/** Parses a list without its duplicates: the first occurrence stays. `same` returns what identifies an item. */
export function parseList<Item>(
  value: unknown,
  field: string,
  { item, same }: { readonly item: Parser<Item>; readonly same: (item: Item) => string },
): readonly Item[] {
  if (!Array.isArray(value)) throw new InvalidValue(field, 'a list', value);
  const found = new Map<string, Item>();
  // `forEach` would pass over the holes of a list, so that a list of nothing but holes would look empty.
  for (const [index, entry] of value.entries()) {
    const parsed = item(entry, `${field}[${index}]`);
    if (!found.has(same(parsed))) found.set(same(parsed), parsed);
  }
  return [...found.values()];
}
