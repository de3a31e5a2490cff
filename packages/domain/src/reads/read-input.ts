import type { Freshness, Position } from '@login-policy/event-sourcing';
import { optional, parseSequence, parseSignal, parseWait, wholeNumberTo } from '../input/options.js';
import { InvalidValue, parseObject, parseOneOf, type Parser } from '../input/invalid-value.js';
import type { CustomIndex } from '../login-policy-projection.js';
import { FACTORS, type MultiFactor, type SecondFactor } from '../policy/factors.js';
import { parseId } from '../input/text.js';
import { parseInstance, parseOrganization, type Instance, type Organization } from '../policy/owner.js';
import { type ParsedAsOf, type AsOf, parsePositionInput, parseAsOf } from '../input/moment.js';
import { LOCK_OUTS, type LockOut } from '../policy/rejections.js';

/** How fresh the result of a read must be, and how long the read may wait for that. */
export interface ReadOptions {
  /** The result includes everything up to this position, such as the `position` in the answer to a command. */
  readonly atLeast?: Position;
  /**
   * How long to wait for a result that is fresh enough: 0 to 600,000 ms, default 5,000. Then the read rejects with
   * `ProjectionBehind`, or, if the store does not answer at all, 250 ms later with `DeadlineExceeded`.
   *
   * Reads of a history and reads with `asOf` differ. They read the events, so they are always fresh and only wait for
   * the store. They have no time limit by default, and reject exactly after a given `waitMs`.
   */
  readonly waitMs?: number;
  /** Aborts the read, which rejects within 100 ms. The fault is `DeadlineExceeded` here, too. */
  readonly signal?: AbortSignal;
}

/** The options of a read of the current policy or of a past one. */
export interface PolicyReadOptions extends ReadOptions {
  /** Reads the policy as it was at this moment. Default: now. */
  readonly asOf?: AsOf;
}

/** Which part of a history to read. */
export interface HistoryOptions extends Pick<ReadOptions, 'signal' | 'waitMs'> {
  /** `forwards`, the default: oldest first; `backwards`: newest first. */
  readonly direction?: 'forwards' | 'backwards';
  /** The first entry to return. Default: the oldest entry; when reading backwards, the newest. */
  readonly fromSequence?: bigint;
  /** The most entries, 1 to 10,000. Default 100. */
  readonly limit?: number;
}

/** Which organizations with a custom policy to list: all, or those whose policy matches one filter. */
export interface ListOptions extends ReadOptions {
  /** Only policies that allow this factor. */
  readonly allowing?: SecondFactor | MultiFactor;
  /** Only policies that link this identity provider. */
  readonly linking?: string;
  /** Only policies that now have this lock-out warning, whichever change caused it. */
  readonly warned?: LockOut;
  /** The id of the last organization of the previous page. Default: the first page. */
  readonly after?: string;
  /** The most organizations, 1 to 10,000. Default 100. */
  readonly limit?: number;
}

/** The checked options of a read. */
export interface ParsedRead {
  readonly freshness: Freshness;
  readonly asOf: ParsedAsOf | undefined;
}

/** The names of the options that every read has. */
export const READ_MEMBERS: readonly string[] = ['atLeast', 'waitMs', 'signal'];

/** Parses the options of a read of one policy. @throws InvalidValue */
export function parsePolicyRead(value: unknown): ParsedRead {
  const given = parseObject(value, 'options', [...READ_MEMBERS, 'asOf']);
  return { freshness: parseFreshness(given), asOf: optional(given, 'asOf', parseAsOf) };
}

/** Parses the options of a read of the current state, without `asOf`. @throws InvalidValue */
export function parseCurrentRead(value: unknown): Omit<ParsedRead, 'asOf'> {
  return { freshness: parseFreshness(parseObject(value, 'options', READ_MEMBERS)) };
}

/** Two moments to compare. */
export interface Span {
  readonly from: AsOf;
  /** Default: now. */
  readonly to?: AsOf;
}

/** Parses two moments to compare. @throws InvalidValue */
export function parseSpan(value: unknown): { readonly from: ParsedAsOf; readonly to: ParsedAsOf | undefined } {
  const { from, to } = parseObject(value, 'span', ['from', 'to']);
  return {
    from: parseAsOf(from, 'span.from'),
    to: to === undefined ? undefined : parseAsOf(to, 'span.to'),
  };
}

/** A filter of custom policies: the index to look in, and the factor, identity provider or warning to look for. */
export interface ListFilter {
  readonly index: CustomIndex;
  readonly value: string;
}

/** A checked request for a page. */
export interface ParsedPage {
  readonly after: Organization | undefined;
  readonly limit: number;
  readonly freshness: Freshness;
}

/** A checked request for a page of the ids of an instance's organizations with a custom policy. */
export interface ParsedListing extends ParsedPage {
  readonly filter: ListFilter | undefined;
}

const LARGEST_PAGE = 10_000;

/** The parser of each filter's value. */
const FILTERS: Readonly<Record<CustomIndex, Parser<string>>> = {
  allowing: parseOneOf(FACTORS),
  linking: parseId,
  warned: parseOneOf(LOCK_OUTS),
};
const FILTER_NAMES: readonly CustomIndex[] = ['allowing', 'linking', 'warned'];

/** Parses the options of a listing of organization ids. @throws InvalidValue */
export function parseListing(
  givenInstance: unknown,
  options: unknown,
): { readonly instance: Instance; readonly wanted: ParsedListing } {
  const instance = parseInstance(givenInstance, 'instance');
  const given = parseObject(options, 'options', [...READ_MEMBERS, ...FILTER_NAMES, 'after', 'limit']);
  return { instance, wanted: { ...pageIn(given, instance, LARGEST_PAGE), filter: parseFilter(given) } };
}

function parseFilter(given: Readonly<Record<string, unknown>>): ListFilter | undefined {
  const [index, other] = FILTER_NAMES.filter((name) => given[name] !== undefined);
  if (index === undefined) return undefined;
  if (other === undefined) return { index, value: FILTERS[index](given[index], `options.${index}`) };
  throw new InvalidValue(`options.${other}`, `left out, since ${index} is given: one filter at a time`, given[other]);
}

function pageIn(given: Readonly<Record<string, unknown>>, instance: Instance, most: number): ParsedPage {
  const parseAfter: Parser<Organization> = (value, field) =>
    parseOrganization({ ...instance, organizationId: parseId(value, field) }, field);
  return {
    freshness: parseFreshness(given),
    after: optional(given, 'after', parseAfter),
    limit: optional(given, 'limit', wholeNumberTo(most)) ?? 100,
  };
}

/** Which page of an instance's custom policies to read, each with its content. */
export interface PageOptions extends ReadOptions {
  /** The `next` of the previous page. Default: the first page. */
  readonly after?: string;
  /** The most custom policies, 1 to 1,000. Default 100. */
  readonly limit?: number;
}

/** Parses a request for a page of custom policies. @throws InvalidValue */
export function parsePage(options: unknown, instance: Instance): ParsedPage {
  const given = parseObject(options, 'options', [...READ_MEMBERS, 'after', 'limit']);
  return pageIn(given, instance, 1000);
}

/** Parses the options of a history. @throws InvalidValue */
export function parseHistoryRead(value: unknown): Required<Pick<HistoryOptions, 'direction' | 'limit'>> & {
  readonly fromSequence: bigint | undefined;
  readonly wait: Omit<Freshness, 'atLeast'>;
} {
  const given = parseObject(value, 'options', ['direction', 'fromSequence', 'limit', 'signal', 'waitMs']);
  return {
    direction: optional(given, 'direction', parseOneOf(['forwards', 'backwards'])) ?? 'forwards',
    limit: optional(given, 'limit', wholeNumberTo(LARGEST_PAGE)) ?? 100,
    wait: parseFreshness(given),
    fromSequence: optional(given, 'fromSequence', parseSequence),
  };
}

/** Parses the required freshness of a read. @throws InvalidValue */
export function parseFreshness(given: Readonly<Record<string, unknown>>): Freshness {
  return {
    atLeast: optional(given, 'atLeast', parsePositionInput),
    waitMs: optional(given, 'waitMs', parseWait),
    signal: optional(given, 'signal', parseSignal),
  };
}

/**
 * The options for a later read of the same call: a given `waitMs` is reduced by the time since the call began.
 *
 * @param begunAt When the call began, by `performance.now()`.
 */
export function withRemainingWait<Read extends Omit<ParsedRead, 'asOf'>>(read: Read, begunAt: number): Read {
  const { freshness } = read;
  // By default, each read of a call may wait its own 5,000 ms.
  if (freshness.waitMs === undefined) return read;
  const waitMs = Math.max(0, freshness.waitMs - (performance.now() - begunAt));
  return { ...read, freshness: { ...freshness, waitMs } };
}
