import type { Freshness, Instant, Position } from '@login-policy/event-sourcing';
import { optional, wholeNumberTo } from '../input/options.js';
import { parsePositionInput } from '../input/moment.js';
import { parseInstantInput, type InstantInput } from '../input/instant.js';
import { InvalidValue, parseObject, parseOneOf, type Parser } from '../input/invalid-value.js';
import { parseId, parseProse } from '../input/text.js';
import { FACTORS, type MultiFactor, type SecondFactor } from '../policy/factors.js';
import { parseInstance, parseOrganization, type Instance } from '../policy/owner.js';
import { parseFreshness, READ_MEMBERS, type ReadOptions } from '../reads/read-input.js';
import { ABOUT, isEntryKey, type AuditIndex } from './audit-projection.js';
import { wordsOf } from './words.js';

/** Which entries of an audit log to read: those that match every member. */
export interface AuditFilter {
  /** The actor of the event. */
  readonly actor?: string;
  /** The event type, such as `MultiFactorRemoved`. A type that this program does not know is allowed. */
  readonly type?: string;
  /** The factor that was added or removed. */
  readonly factor?: SecondFactor | MultiFactor;
  /** The identity provider that was added or removed. */
  readonly identityProvider?: string;
  /** The organization of the custom policy. */
  readonly organizationId?: string;
  /** `true`: only the default policy. Not together with `organizationId`. `false`: only custom policies. */
  readonly isDefault?: boolean;
  /** Recorded at this time or later, by the time of the log. */
  readonly from?: InstantInput;
  /** Recorded before this time. */
  readonly to?: InstantInput;
  /** Whole words, all of which the reason contains, in any order and case. */
  readonly reason?: string;
}

/** Which page of an audit log. */
export interface AuditPageOptions extends AuditFilter, ReadOptions {
  /** `backwards`, the default: newest first; `forwards`: oldest first. */
  readonly direction?: 'backwards' | 'forwards';
  /** Only entries after this cursor in that direction: the `next` or `previous` of a page. */
  readonly after?: string;
  /** The most entries, 1 to 1,000. Default 100. */
  readonly limit?: number;
}

/** Which entries of an audit log to export, and how. */
export interface AuditExportOptions extends AuditFilter, ReadOptions {
  /** CSV with a header row, or one JSON object a line. */
  readonly format: 'csv' | 'json-lines';
  /** The export is complete up to this position and ends there. Default: the current head. */
  readonly upTo?: Position;
}

/** A checked filter: the values an entry must have in each index. */
export interface ParsedAuditFilter {
  readonly values: Readonly<Partial<Record<AuditIndex, readonly string[]>>>;
  readonly isCustom: boolean;
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
}

/** A checked request for a page. */
export interface WantedAuditPage {
  readonly filter: ParsedAuditFilter;
  readonly direction: 'backwards' | 'forwards';
  readonly after: string | undefined;
  readonly limit: number;
  readonly freshness: Freshness;
}

const FILTER: readonly string[] = [
  'actor',
  'type',
  'factor',
  'identityProvider',
  'organizationId',
  'isDefault',
  'from',
  'to',
  'reason',
] satisfies (keyof AuditFilter)[];
const MOST = 1000;

/** Parses a request for a page. @throws InvalidValue */
export function parseAuditPage(
  instance: unknown,
  options: unknown,
): { readonly of: Instance; readonly wanted: WantedAuditPage } {
  const of = parseInstance(instance, 'instance');
  const given = parseObject(options, 'options', [...READ_MEMBERS, ...FILTER, 'direction', 'after', 'limit']);
  return {
    of,
    wanted: {
      freshness: parseFreshness(given),
      filter: parseFilter(given, of),
      direction: optional(given, 'direction', parseOneOf(['backwards', 'forwards'])) ?? 'backwards',
      after: optional(given, 'after', parseCursor),
      limit: optional(given, 'limit', wholeNumberTo(MOST)) ?? 100,
    },
  };
}

/** Parses the options of an export. @throws InvalidValue */
export function parseAuditExport(
  instance: unknown,
  options: unknown,
): {
  readonly of: Instance;
  readonly filter: ParsedAuditFilter;
  readonly freshness: Freshness;
  readonly format: AuditExportOptions['format'];
  readonly upTo: Position | undefined;
} {
  const of = parseInstance(instance, 'instance');
  const given = parseObject(options, 'options', [...READ_MEMBERS, ...FILTER, 'format', 'upTo']);
  return {
    of,
    freshness: parseFreshness(given),
    filter: parseFilter(given, of),
    format: parseOneOf(['csv', 'json-lines'])(given['format'], 'options.format'),
    upTo: optional(given, 'upTo', parsePositionInput),
  };
}

function parseFilter(given: Readonly<Record<string, unknown>>, of: Instance): ParsedAuditFilter {
  const actor = optional(given, 'actor', parseId);
  const type = optional(given, 'type', parseId);
  const factor = optional(given, 'factor', parseOneOf(FACTORS));
  const provider = optional(given, 'identityProvider', parseId);
  const words = optional(given, 'reason', parseWords);
  const about = [
    ...(factor === undefined ? [] : [ABOUT.factor(factor)]),
    ...(provider === undefined ? [] : [ABOUT.identityProvider(provider)]),
  ];
  const owner = parseOf(given, of);
  return {
    values: {
      ...(actor !== undefined && { actor: [actor] }),
      ...(type !== undefined && { type: [type] }),
      ...(about.length > 0 && { about }),
      ...(owner !== undefined && { owner: [owner] }),
      ...(words !== undefined && { word: words }),
    },
    isCustom: given['isDefault'] === false,
    from: optional(given, 'from', parseInstantInput),
    to: optional(given, 'to', parseInstantInput),
  };
}

/** The filter value of the policy's owner: the default policy belongs to no organization. */
function parseOf(given: Readonly<Record<string, unknown>>, of: Instance): string | undefined {
  const { isDefault, organizationId } = given;
  if (isDefault !== undefined && typeof isDefault !== 'boolean')
    throw new InvalidValue('options.isDefault', 'true or false', isDefault);
  if (organizationId === undefined) return isDefault === true ? '' : undefined;
  if (isDefault === true) throw new InvalidValue('options.isDefault', 'left out beside organizationId', isDefault);
  return parseOrganization({ ...of, organizationId: parseId(organizationId, 'options.organizationId') }, 'options')
    .organizationId;
}

const parseWords: Parser<readonly string[]> = (value, field) => {
  const words = wordsOf(parseProse(value, field));
  if (words.length > 0) return words;
  throw new InvalidValue(field, 'text with a word in it', value);
};

const parseCursor: Parser<string> = (value, field) => {
  if (typeof value === 'string' && isEntryKey(value)) return value;
  throw new InvalidValue(field, 'the next or the previous of a page', value);
};
