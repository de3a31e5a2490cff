import type { Position, Fault } from '@login-policy/event-sourcing';
import { policyStream, type Instance, type Organization } from '../policy/owner.js';
import type { InstancePolicies } from './instance-policies.js';
import { viewOf } from './answering.js';
import type { LoginPolicyView } from './answers.js';
import type { ParsedPage } from './read-input.js';

/** A custom policy that this program can't read. */
export interface UnreadableCustomPolicy {
  readonly owner: Organization;
  readonly reason: Fault['code'];
  readonly message: string;
}

/** A page of custom policies, each as a whole. */
export interface CustomPolicies {
  readonly kind: 'policies';
  /** In the order of `LoginPolicies.organizationsWithCustomPolicy`. */
  readonly policies: readonly LoginPolicyView[];
  readonly unreadable: readonly UnreadableCustomPolicy[];
  /** Give it as `after` to get the next page; `undefined` when this is the last. */
  readonly next: string | undefined;
  /** The place in the order of the whole store that the page holds for. */
  readonly position: Position;
}

/** A page of custom policies, from their rows. */
export async function customPoliciesOf(
  instance: Instance,
  { after, limit, freshness }: ParsedPage,
  all: InstancePolicies,
): Promise<{ readonly outcome: 'found' } & CustomPolicies> {
  const {
    policies: page,
    lastKey,
    position,
  } = await all.page(instance, { afterKey: after && policyStream(after), limit, freshness });
  const policies: LoginPolicyView[] = [];
  const unreadable: UnreadableCustomPolicy[] = [];
  for (const { owner, row, fault } of page) {
    if (fault !== undefined) unreadable.push({ owner, reason: fault.code, message: fault.message });
    else if (row !== undefined)
      policies.push(viewOf({ policy: row.policy, changeInfo: row.changeInfo, owner, position }));
  }
  const next = lastKey === undefined ? undefined : page.at(-1)?.owner.organizationId;
  return { outcome: 'found', kind: 'policies', policies, unreadable, next, position };
}
