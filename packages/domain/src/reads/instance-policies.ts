import {
  type FaultCode,
  type Freshness,
  MOST_COUNTED,
  type Position,
  type ProjectionRunner,
  START,
  UnreadableRow,
  yieldToLoop,
} from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from '../events/events.js';
import { CUSTOM_IN, type LoginPolicyRow } from '../login-policy-projection.js';
import { policyStream, type Instance, type Organization, type Owner } from '../policy/owner.js';
import { organizationOf } from './policy-reader.js';

/** Why a policy can't be read or changed. */
export interface PolicyFault {
  readonly code: FaultCode;
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

/** The policies of an instance and its organizations, from their rows, including unreadable ones. */
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
      const query = {
        index: CUSTOM_IN,
        value: instance.instanceId,
        limit,
        ...(afterKey !== undefined && { afterKey }),
      };
      const { rows } = await this.#model.keys(query, freshness);
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
    const query = { index: CUSTOM_IN, value: instance.instanceId, limit, ...(afterKey !== undefined && { afterKey }) };
    const { rows, checkpoint: position = START } = await this.#model.query(query, freshness);
    const policies = rows.map(({ key, row }) => {
      const owner = organizationOf(key, instance);
      if (row instanceof UnreadableRow) return { owner, row: undefined, fault: row.fault() };
      return { owner, row, fault: undefined };
    });
    return { policies, lastKey: rows.length < limit ? undefined : rows.at(-1)?.key, position };
  }
}
