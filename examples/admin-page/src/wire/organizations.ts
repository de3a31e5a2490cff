import { shownName } from '../words/isolated.js';
import { listOf, objectOf, optionalText, textOf, UnexpectedAnswer } from './json.js';
import { send } from './request.js';

/** The name of a lock-out, and the server's sentence for it. */
export interface Warning {
  readonly warning: string;
  readonly message: string;
}

/** An organization of the instance, with facts about its policy. */
export interface Organization {
  readonly id: string;
  /** The display name, isolated for use in a sentence. */
  readonly name: string;
  readonly isCustom: boolean;
  /** Whether the server can read its policy. If not, no other facts are known. */
  readonly isReadable: boolean;
  /** The number of differences between its policy and the default. */
  readonly differs: number;
  /** The lock-outs of its policy. */
  readonly warnings: readonly Warning[];
  /** The weakest way in that its policy leaves open; `undefined` if nobody gets in. */
  readonly weakest: string | undefined;
  /** When its custom policy last changed, in ISO 8601, and by whom; `undefined` without a custom policy. */
  readonly changeDate: string | undefined;
  readonly changedBy: string | undefined;
}

/** The sort keys of organizations. */
export type Sort = 'name' | 'policy' | 'differs' | 'locks-out' | 'weakest' | 'changed';

/** Which organizations to read. An absent member is not a condition. */
export interface OrganizationQuery {
  /** A part of a name or an id, regardless of case and accents. */
  readonly search?: string;
  readonly policy?: 'default' | 'custom';
  /** A factor that their users may use, as named in histories. */
  readonly allowing?: string;
  /** Only organizations whose policy locks users out, or can't be read. */
  readonly attention?: 'yes';
  /** Only those with this weakest way in. */
  readonly weakest?: string;
  /** Only those with a weaker way in than the default. */
  readonly weaker?: 'yes';
  readonly sort?: Sort;
  readonly order?: 'desc';
  readonly offset?: number;
  readonly limit?: number;
}

/** What organizations are counted by, regardless of the query. */
const COUNTS = ['all', 'custom', 'attention', 'unreadable', 'weaker'] as const;

/** A page of organizations. */
export interface OrganizationPage {
  readonly organizations: readonly Organization[];
  /** The number of organizations that match. */
  readonly total: number;
  readonly counts: Readonly<Record<(typeof COUNTS)[number], number>>;
}

/** Reads a page of organizations. */
export function readOrganizations(query: OrganizationQuery): Promise<OrganizationPage> {
  const given = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return readPage(new URLSearchParams(given));
}

/** Reads organizations by id. Unknown ids are left out. */
export function readOrganizationsById(ids: readonly string[]): Promise<OrganizationPage> {
  return readPage(new URLSearchParams([['limit', '100'], ...ids.map((id) => ['id', id])]));
}

async function readPage(query: URLSearchParams): Promise<OrganizationPage> {
  const answer = objectOf(
    await send({ verb: 'GET', path: `/iam/v1/organization-policies?${query}` }),
    'the organizations',
  );
  return {
    organizations: listOf(answer['organizations'], 'organizations', organizationOf),
    total: numberOf(answer['total'], 'total'),
    counts: countsIn(answer['counts']),
  };
}

function countsIn(value: unknown): OrganizationPage['counts'] {
  const counts = objectOf(value, 'counts');
  const of = (name: (typeof COUNTS)[number]): number => numberOf(counts[name], name);
  return {
    all: of('all'),
    custom: of('custom'),
    attention: of('attention'),
    unreadable: of('unreadable'),
    weaker: of('weaker'),
  };
}

function organizationOf(value: unknown): Organization {
  const one = objectOf(value, 'an organization');
  return {
    id: textOf(one['id'], 'id'),
    name: shownName(textOf(one['name'], 'name'), textOf(one['id'], 'id')),
    isCustom: one['isCustom'] === true,
    isReadable: one['isReadable'] === true,
    differs: numberOf(one['differs'], 'differs'),
    warnings: listOf(one['warnings'], 'warnings', warningOf),
    weakest: optionalText(one['weakest'], 'weakest'),
    changeDate: optionalText(one['changeDate'], 'changeDate'),
    changedBy: optionalText(one['changedBy'], 'changedBy'),
  };
}

function warningOf(value: unknown): Warning {
  const one = objectOf(value, 'a warning');
  return { warning: textOf(one['warning'], 'warning'), message: textOf(one['message'], 'message') };
}

function numberOf(value: unknown, what: string): number {
  if (typeof value === 'number') return value;
  throw new UnexpectedAnswer(`${what} is not a number`);
}
