import {
  Fault,
  type Freshness,
  laterPosition,
  MOST_COUNTED,
  type Position,
  type ProjectionRunner,
  START,
  yieldToLoop,
} from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from '../policy/events.js';
import { CUSTOM_IN, UNREADABLE_IN, valueInInstance, type LoginPolicyRow } from '../login-policy-projection.js';
import {
  isOrganization,
  ownerOfStream,
  policyStream,
  type Instance,
  type Organization,
  type Owner,
} from '../policy/owner.js';
import type { CustomizedOrganizations, PolicyCount } from './answers.js';
import type { ListFilter, ParsedListing } from './read-input.js';

/** Why a policy can't be read or changed. */
export interface PolicyFault {
  readonly code: Fault['code'];
  readonly message: string;
}

/** A default or custom policy and its row. Without a row it does not exist; with a fault it can't be read. */
export interface InstancePolicy {
  readonly owner: Owner;
  readonly row: LoginPolicyRow | undefined;
  readonly fault: PolicyFault | undefined;
}

/** Custom policies in the order of their streams. */
export interface InstancePolicyPage {
  readonly policies: readonly (InstancePolicy & { readonly owner: Organization })[];
  /** The next page begins after this key; `undefined` on the last page. */
  readonly lastKey: string | undefined;
  readonly position: Position;
}

/** Which page to read, and how fresh. */
export interface WantedPage {
  readonly afterKey: string | undefined;
  readonly limit: number;
  readonly freshness: Freshness;
}

/**
 * Many policies of an instance and its organizations, from their rows, including unreadable ones. One policy is read
 * by `PolicyReader`.
 */
export class InstancePolicies {
  readonly #model: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>;

  constructor(model: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>) {
    this.#model = model;
  }

  /** The default policy. */
  async byDefault(owner: Instance, freshness: Freshness): Promise<InstancePolicy> {
    const { policies } = await this.of([owner], freshness);
    return policies[0] ?? { owner, row: undefined, fault: undefined };
  }

  /** The policies of some owners. */
  async of<Named extends Owner>(
    owners: readonly Named[],
    freshness: Freshness,
  ): Promise<{
    readonly policies: readonly (InstancePolicy & { readonly owner: Named })[];
    readonly position: Position;
  }> {
    const streams = owners.map(policyStream);
    const { rows, unreadable, checkpoint: position = START } = await this.#model.read(streams, freshness);
    const policies = owners.map((owner) => {
      const stream = policyStream(owner);
      return { owner, row: rows.get(stream), fault: unreadable.get(stream) };
    });
    return { policies, position };
  }

  /** The owners of all custom policies, up to `limit` at a time. */
  async *owners(
    instance: Instance,
    limit: number,
    freshness: Freshness,
  ): AsyncGenerator<readonly Organization[], void, undefined> {
    let afterKey: string | undefined;
    for (;;) {
      const { rows } = await this.#model.keys(customIn(instance, limit, afterKey), freshness);
      yield rows.map((key) => organizationOf(key, instance));
      if (rows.length < limit) return;
      afterKey = rows.at(-1);
      await yieldToLoop();
    }
  }

  /** The number of all custom policies, however many. Up to 10,000 are counted at once, more by reading their keys. */
  async count(instance: Instance, freshness: Freshness): Promise<number> {
    const { rows } = await this.#model.count({ index: CUSTOM_IN, value: instance.instanceId }, freshness);
    if (rows <= MOST_COUNTED) return rows;
    let count = 0;
    for await (const page of this.owners(instance, MOST_COUNTED, freshness)) count += page.length;
    return count;
  }

  /** A page of custom policies. */
  async page(instance: Instance, { afterKey, limit, freshness }: WantedPage): Promise<InstancePolicyPage> {
    const { rows, checkpoint: position = START } = await this.#model.query(
      customIn(instance, limit, afterKey),
      freshness,
    );
    const policies = rows.map(({ key, row }) => {
      const owner = organizationOf(key, instance);
      if ('fault' in row) return { owner, row: undefined, fault: row.fault() };
      return { owner, row, fault: undefined };
    });
    return { policies, lastKey: rows.length < limit ? undefined : rows.at(-1)?.key, position };
  }
  /**
   * A page of the organizations with a custom policy, in the order of their streams, and where the next page begins. The
   * first page also counts them.
   */
  async customizedPage(
    instance: Instance,
    { filter, after, limit, freshness }: ParsedListing,
  ): Promise<CustomizedOrganizations> {
    const query = customIn(instance, limit, after && policyStream(after), filter);
    const { rows, checkpoint: position = START } = await this.#model.keys(query, freshness);
    const organizations = rows.map((key) => organizationOf(key, instance));
    const next = organizations.length < limit ? undefined : organizations.at(-1)?.organizationId;
    const page = { kind: 'custom-policies', organizations, next, position } as const;
    if (after !== undefined) return page;
    const atLeast = { ...freshness, atLeast: laterPosition(freshness.atLeast ?? START, position) };
    const isAll = filter === undefined && next === undefined;
    const total = isAll ? organizations.length : await this.customizedCount(instance, filter, atLeast);
    return { ...page, total, unreadable: await this.unreadableCount(instance, atLeast) };
  }

  /** The number of custom policies that match a filter, or of all. */
  customizedCount(instance: Instance, filter: ListFilter | undefined, freshness: Freshness): Promise<PolicyCount> {
    return this.#count(indexed(instance, filter), freshness);
  }

  /** The number of custom policies that this program can't read. */
  unreadableCount({ instanceId }: Instance, freshness: Freshness): Promise<PolicyCount> {
    return this.#count({ index: UNREADABLE_IN, value: instanceId }, freshness);
  }

  async #count(query: { readonly index: string; readonly value: string }, freshness: Freshness): Promise<PolicyCount> {
    const { rows } = await this.#model.count(query, freshness);
    return rows > MOST_COUNTED ? 'more-than-10000' : rows;
  }
}

/** A page of keys under one value of an index. */
interface PageQuery {
  readonly index: string;
  readonly value: string;
  readonly limit: number;
  readonly afterKey?: string;
}

/** The query for a page of custom policies. */
function customIn(instance: Instance, limit: number, afterKey: string | undefined, filter?: ListFilter): PageQuery {
  return { ...indexed(instance, filter), limit, ...(afterKey !== undefined && { afterKey }) };
}

/** The index and its value under which the custom policies of a filter are found. */
function indexed({ instanceId }: Instance, filter?: ListFilter): { readonly index: string; readonly value: string } {
  if (filter === undefined) return { index: CUSTOM_IN, value: instanceId };
  return { index: filter.index, value: valueInInstance(instanceId, filter.value) };
}

/** The organization of a listed row. @throws StoreDamaged when it does not belong to the instance. */
function organizationOf(key: string, { instanceId }: Instance): Organization {
  const owner = ownerOfStream(key);
  if (owner !== undefined && isOrganization(owner) && owner.instanceId === instanceId) return owner;
  const problem = `${JSON.stringify(key)} is listed as a custom policy of instance ${instanceId}`;
  throw new Fault('store-damaged', {
    store: 'the read model login-policies',
    problem,
    remedy: 'rebuild the read model',
  });
}
