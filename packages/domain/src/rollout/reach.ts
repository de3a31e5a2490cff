import { optional } from '../input/options.js';
import { InvalidValue, parseBoolean, parseEach, type Parser } from '../input/invalid-value.js';
import { parseId } from '../input/text.js';
import { parseOrganization, policyStream, type Instance, type Organization } from '../policy/owner.js';
import type { InstancePolicyPage, WantedPage, InstancePolicies } from '../reads/instance-policies.js';

/** The policies a rollout applies to. Without either member: the default and every custom policy. */
export interface ReachOptions {
  /**
   * Only the custom policies of these organizations, up to 10,000. Excludes the default, unless `withDefault` is true.
   */
  readonly organizationIds?: readonly string[];
  /** Whether to include the default. */
  readonly withDefault?: boolean;
}

/** The checked policies of a rollout. */
export interface Reach {
  readonly withDefault: boolean;
  /** Each organization once, in the order of the streams; `undefined` for all that have a custom policy. */
  readonly organizations: readonly Organization[] | undefined;
}

/** The members of {@link ReachOptions}. */
export const REACH_MEMBERS = ['organizationIds', 'withDefault'] as const;

const MOST = 10_000;

/**
 * Parses the policies a rollout applies to. A list that is present but undefined is refused, because it must never mean
 * all organizations.
 *
 * @throws InvalidValue
 */
export function parseReach(given: Readonly<Record<string, unknown>>, instance: Instance): Reach {
  const organizations = 'organizationIds' in given ? chosen(given['organizationIds'], instance) : undefined;
  const withDefault = optional(given, 'withDefault', parseBoolean) ?? organizations === undefined;
  if (organizations?.length !== 0 || withDefault) return { withDefault, organizations };
  throw new InvalidValue('options.organizationIds', 'a list of at least one organization', []);
}

function chosen(value: unknown, instance: Instance): readonly Organization[] {
  const field = 'options.organizationIds';
  const parse: Parser<Organization> = (id, at) =>
    parseOrganization({ ...instance, organizationId: parseId(id, at) }, at);
  if (Array.isArray(value) && value.length > MOST)
    throw new InvalidValue(field, `at most ${MOST} organizations`, value.length);
  const byStream = new Map(parseEach(value, field, parse).map((one) => [String(policyStream(one)), one]));
  return [...byStream].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, organization]) => organization);
}

/** The policies of some organizations, custom ones or not. */
export class ChosenPolicies implements Pick<InstancePolicies, 'owners' | 'page'> {
  readonly #all: InstancePolicies;
  readonly #organizations: readonly Organization[];

  constructor(all: InstancePolicies, organizations: readonly Organization[]) {
    this.#all = all;
    this.#organizations = organizations;
  }

  /** All of them, up to `limit` at a time. */
  async *owners(_: Instance, limit: number): AsyncGenerator<readonly Organization[], void, undefined> {
    for (let begin = 0; begin < this.#organizations.length; begin += limit)
      yield await Promise.resolve(this.#organizations.slice(begin, begin + limit));
  }

  /** A page of them. */
  async page(_: Instance, { afterKey, limit, freshness }: WantedPage): Promise<InstancePolicyPage> {
    const rest = this.#organizations.filter((one) => afterKey === undefined || policyStream(one) > afterKey);
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    return {
      ...(await this.#all.of(page, freshness)),
      lastKey: last && rest.length > limit ? policyStream(last) : undefined,
    };
  }
}

/** The custom policies that a rollout applies to. */
export function customOf({ organizations }: Reach, all: InstancePolicies): Pick<InstancePolicies, 'owners' | 'page'> {
  return organizations === undefined ? all : new ChosenPolicies(all, organizations);
}
