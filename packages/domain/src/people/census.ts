import { yieldToLoop } from '@login-policy/event-sourcing';
import { MULTI_FACTORS, SECOND_FACTORS, type InstanceRef, type MultiFactor, type SecondFactor } from '../index.js';
import { InvalidValue, UnknownMember, type UserSetUp } from '../model.js';
import { ClassSet } from './class-set.js';

/** The users of an organization, or of the instance itself, who have exactly the same to sign in with. */
export interface UserClass extends UserSetUp {
  /** Absent: users of the instance itself. */
  readonly organizationId?: string | undefined;
  /** How many they are. */
  readonly users: number;
  /** How many of them may change policies. */
  readonly administrators: number;
}

/** What a census is asked for. */
export interface CensusOptions {
  /** Aborts when the answer is no longer needed. */
  readonly signal: AbortSignal | undefined;
  /** Only this organization's users are needed. Others are skipped, so a census may ignore it. */
  readonly organizationId?: string;
}

/**
 * Who the users of an instance are, in pages, in any order: each class once. What it can't say, it must not leave out: it
 * throws, and the answer is unknown.
 */
export type Census = (instance: InstanceRef, options: CensusOptions) => PagesOfClasses | Promise<PagesOfClasses>;

type PagesOfClasses = AsyncIterable<readonly UserClass[]> | Iterable<readonly UserClass[]>;

/** A checked class, and the place of its organization among those that were met; 0 is the instance itself. */
export interface CountedClass extends UserClass {
  readonly place: number;
}

/** Which census to read. */
export interface Reading extends CensusOptions {
  readonly census: Census;
  readonly instance: InstanceRef;
}

const IN_ONE_GO = 5000;
const MEMBERS = ['organizationId', 'hasPassword', 'factors', 'identityProviders', 'users', 'administrators'];
const FACTORS: readonly string[] = [...SECOND_FACTORS, ...MULTI_FACTORS];
const NOT_PAGES = 'pages of classes that can be iterated';

/**
 * Passes each class of a census to `take`. Yields to the event loop.
 *
 * @throws Error that names the class, when the census is malformed; the reason of the signal, once it has fired.
 */
export async function readCensus(
  { census, instance, ...options }: Reading,
  take: (one: CountedClass) => void,
): Promise<void> {
  const seen = new ClassSet();
  const pages: unknown = await census(instance, options);
  if (!isIterable(pages)) throw malformed(new InvalidValue('its answer', NOT_PAGES, pages));
  let [classes, sinceYield] = [0, 0];
  for await (const page of pages) {
    if (!Array.isArray(page)) throw malformed(new InvalidValue('a page', 'a list of classes', page));
    for (const value of page) take(counted(value, `class ${classes++}`, seen));
    sinceYield += page.length + 100;
    if (sinceYield < IN_ONE_GO) continue;
    sinceYield = 0;
    await yieldToLoop();
    options.signal?.throwIfAborted();
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

function malformed(cause: Error): Error {
  return new Error(`the census is malformed: ${cause.message}`, { cause });
}

function counted(value: unknown, field: string, seen: ClassSet): CountedClass {
  try {
    const one = parseClass(value, field);
    const place = seen.add(one.organizationId, kindOf(one), one.identityProviders);
    if (place !== undefined) return Object.assign(one, { place });
  } catch (caught) {
    if (caught instanceof InvalidValue) throw malformed(caught);
    throw caught;
  }
  const whose = `of ${JSON.stringify(value)}`;
  throw malformed(new Error(`${field} ${whose} is there twice. Each class is counted once.`));
}

function kindOf({ factors, hasPassword }: UserSetUp): number {
  let kind = hasPassword ? 2 ** FACTORS.length : 0;
  for (const factor of factors) kind |= 2 ** FACTORS.indexOf(factor);
  return kind;
}

/** A loop over the existing members with a switch, because a census may have millions of classes. */
function parseClass(value: unknown, field: string): UserClass {
  if (typeof value !== 'object' || value === null) throw new InvalidValue(field, 'an object', value);
  let organizationId: unknown, hasPassword: unknown, factors: unknown, providers: unknown;
  let users: unknown, administrators: unknown;
  for (const [member, given] of Object.entries(value)) {
    switch (member) {
      case 'organizationId':
        organizationId = given;
        break;
      case 'hasPassword':
        hasPassword = given;
        break;
      case 'factors':
        factors = given;
        break;
      case 'identityProviders':
        providers = given;
        break;
      case 'users':
        users = given;
        break;
      case 'administrators':
        administrators = given;
        break;
      default:
        throw new UnknownMember(field, member, MEMBERS);
    }
  }
  const all = countIn(users, `${field}.users`);
  const some = countIn(administrators, `${field}.administrators`);
  if (some > all) throw new InvalidValue(`${field}.administrators`, `at most its ${all} users`, some);
  return {
    organizationId: organizationIn(organizationId, field),
    hasPassword: booleanIn(hasPassword, `${field}.hasPassword`),
    factors: listIn(factors, `${field}.factors`, isFactor),
    identityProviders: listIn(providers, `${field}.identityProviders`, isId),
    users: all,
    administrators: some,
  };
}

function organizationIn(value: unknown, field: string): string | undefined {
  if (value === undefined || isId(value)) return value;
  throw new InvalidValue(`${field}.organizationId`, 'the id of an organization, or absent', value);
}

function booleanIn(value: unknown, field: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidValue(field, 'true or false', value);
}

function countIn(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidValue(field, 'a whole number from 0 on', value);
}

function listIn<Item>(value: unknown, field: string, isItem: (one: unknown) => one is Item): readonly Item[] {
  if (!Array.isArray(value)) throw new InvalidValue(field, 'a list', value);
  const items: readonly unknown[] = value;
  if (items.every(isItem)) return items;
  const wrong = items.findIndex((one) => !isItem(one));
  const expected = field.endsWith('factors') ? `one of ${FACTORS.join(', ')}` : 'the id of an identity provider';
  throw new InvalidValue(`${field}[${wrong}]`, expected, items[wrong]);
}

function isFactor(value: unknown): value is MultiFactor | SecondFactor {
  return typeof value === 'string' && FACTORS.includes(value);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
