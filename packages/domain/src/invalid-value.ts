/** What was given is not what was asked for. Parsers throw it; the use cases turn it into an `invalid-argument`. */
export class InvalidValue extends Error {
  /** Where it stood in what the caller gave: `settings.lifetimes.passwordCheck`. */
  readonly field: string;
  readonly expected: string;
  /** What stood there, shortened to what fits in a sentence. */
  readonly received: string;

  constructor(field: string, expected: string, value: unknown) {
    const received = shortly(value);
    super(`${field} must be ${expected}, not ${received}`);
    this.name = 'InvalidValue';
    this.field = field;
    this.expected = expected;
    this.received = received;
  }
}

const SHOWN = 60;

function shortly(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `${JSON.stringify(value.slice(0, SHOWN))}${value.length > SHOWN ? ` (${value.length} characters)` : ''}`;
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${String(value).slice(0, SHOWN)}n`;
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'a list' : 'an object';
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
  }
}

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
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidValue(field, 'an object', value);
  }
  const own = new OwnMembers();
  for (const member of Object.keys(value)) {
    if (!members.includes(member)) {
      throw new InvalidValue(`${field}.${member.slice(0, SHOWN)}`, `absent: ${field} has ${members.join(', ')}`, 'it');
    }
    own[member] = Reflect.get(value, member);
  }
  return own;
}

/** Takes one of a fixed set of names. */
export function parseOneOf<Name extends string>(names: readonly Name[]): Parser<Name> {
  return (value, field) => {
    const name = names.find((known) => known === value);
    if (name === undefined) throw new InvalidValue(field, `one of ${names.join(', ')}`, value);
    return name;
  };
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
