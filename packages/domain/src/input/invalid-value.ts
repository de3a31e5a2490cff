import { inWords, nearestName, shown } from '@login-policy/event-sourcing/options';

/** What is wrong with what was given, in parts. */
export interface InvalidFacts {
  readonly field: string;
  readonly expected: string;
  readonly received: string;
  /** For a name that nobody knows: what is wrong, as a whole sentence with the nearest name there is. */
  readonly problem?: string;
}

/** Says in a sentence what is wrong with what was given. */
export function invalidSentence({ field, expected, received, problem }: InvalidFacts): string {
  return problem ?? `${field} must be ${expected}, not ${received}.`;
}

/** What was given is not what was asked for. Parsers throw it; the use cases turn it into an `invalid-argument`. */
export class InvalidValue extends Error {
  /** Where it stood in what the caller gave: `settings.lifetimes.passwordCheck`. */
  readonly field: string;
  readonly expected: string;
  /** What stood there, shortened to what fits in a sentence. */
  readonly received: string;

  constructor(field: string, expected: string, value: unknown) {
    const received = shown(value);
    super(invalidSentence({ field, expected, received }));
    this.name = 'InvalidValue';
    this.field = field;
    this.expected = expected;
    this.received = received;
  }
}

/**
 * Refuses input that only the policy can judge: a moment that it has no answer for, a value of its past that can't be recorded anew. An
 * {@link InvalidValue} that is not in one of these is only a refusal while input is parsed.
 */
export class LateRefusal extends Error {
  readonly refused: InvalidValue;

  constructor(refused: InvalidValue) {
    super(refused.message, { cause: refused });
    this.name = 'LateRefusal';
    this.refused = refused;
  }
}

/** Something has a member that nobody knows. */
export class UnknownMember extends InvalidValue {
  /** A sentence that names the member which was probably meant, or all there are. */
  readonly problem: string;

  constructor(field: string, member: string, members: readonly string[]) {
    const path = `${field}.${member.slice(0, SHOWN)}`;
    super(path, `a member of ${field}: ${members.join(', ')}`, member);
    const nearest = nearestName(member, members);
    const known = KINDS[field.slice(field.lastIndexOf('.') + 1)];
    const all = nearest === undefined ? `, which has ${inWords(members)}.` : `. Did you mean ${nearest}?`;
    const hint = nearest === undefined ? ` There are ${inWords(members)}.` : ` Did you mean ${nearest}?`;
    this.problem =
      known === undefined ? `${path} is not a member of ${field}${all}` : `${path} is not ${known}.${hint}`;
    this.message = this.problem;
    this.name = 'UnknownMember';
  }
}

/** What the members of some things are called. */
const KINDS: Readonly<Record<string, string>> = {
  settings: 'a setting',
  lifetimes: 'a lifetime',
  options: 'an option',
};

const SHOWN = 60;

/** A function that takes what a caller gave, and the name of the field it stood in. @throws InvalidValue */
export type Parser<Value> = (value: unknown, field: string) => Value;

/** Takes `true` or `false`. */
export const parseBoolean: Parser<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value;
  throw new InvalidValue(field, 'true or false', value);
};

/** What somebody gave, member by member. Inherits nothing, not even from a prototype that somebody else has touched. */
class OwnMembers {
  [member: string]: unknown;
}
Object.setPrototypeOf(OwnMembers.prototype, null);
Reflect.deleteProperty(OwnMembers.prototype, 'constructor');

/** Takes a plain object that has no members but these. */
export function parseObject(
  value: unknown,
  field: string,
  members: readonly string[],
): Readonly<Record<string, unknown>> {
  const own = new OwnMembers();
  eachMember(value, field, (member, given) => {
    if (!members.includes(member)) throw new UnknownMember(field, member, members);
    own[member] = given;
  });
  return own;
}

/** Takes an object of whatever members, as it stands. For what is parsed at each sign-in: nothing is copied. */
export function parseAnyObject(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new InvalidValue(field, 'an object', value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Takes a plain object, and hands over each of its own members. A `Date`, a `Map` or a promise has none: it would pass for an empty one. */
export function eachMember(value: unknown, field: string, take: (member: string, given: unknown) => void): void {
  if (!isObject(value)) throw new InvalidValue(field, 'an object', value);
  const members = Object.keys(value);
  if (members.length === 0 && !isPlain(value)) throw new InvalidValue(field, 'a plain object', value);
  for (const member of members) take(member, Reflect.get(value, member));
}

/** Of this realm, of another one, or without a prototype. */
function isPlain(value: object): boolean {
  const above: unknown = Object.getPrototypeOf(value);
  return above === null || (typeof above === 'object' && Object.getPrototypeOf(above) === null);
}

/** Takes one of a fixed set of names. */
export function parseOneOf<Name extends string>(names: readonly Name[]): Parser<Name> {
  return (value, field) => {
    for (const name of names) if (name === value) return name;
    throw new InvalidValue(field, `one of ${names.join(', ')}`, value);
  };
}

/** Takes a list of whatever length, each item by its parser. For what is parsed at each sign-in: doubles stay. */
export function parseEach<Item>(value: unknown, field: string, parse: Parser<Item>): readonly Item[] {
  if (!Array.isArray(value)) throw new InvalidValue(field, 'a list', value);
  const items: Item[] = [];
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index];
    try {
      items.push(parse(item, field));
    } catch {
      // Its name is made only where it is wrong: making it takes longer than parsing most items.
      items.push(parse(item, `${field}[${index}]`));
    }
  }
  return items;
}

/** Takes a list; what is in it twice counts once, where it came first. `same` names what makes two the same. */
export function parseList<Item>(
  value: unknown,
  field: string,
  { item, same }: { readonly item: Parser<Item>; readonly same: (item: Item) => string },
): readonly Item[] {
  if (!Array.isArray(value)) throw new InvalidValue(field, 'a list', value);
  const found = new Map<string, Item>();
  value.forEach((entry: unknown, index) => {
    const parsed = item(entry, `${field}[${index}]`);
    if (!found.has(same(parsed))) found.set(same(parsed), parsed);
  });
  return [...found.values()];
}
