import type { Deadline } from '@login-policy/event-sourcing';
import { foundDefault } from '../commands/facts.js';
import { policyStream, instanceOf, type Organization } from '../policy/owner.js';
import { NO_POLICY } from '../policy/policy-state.js';
import { nameOfSeen, seenIn, seenOf, seenText, type SeenPolicy } from '../policy/seen.js';
import type { PolicyReader } from '../reads/policy-reader.js';
import type { InstancePolicy } from '../reads/instance-policies.js';
import { keyOf } from './rolled-out.js';
import type { ParsedRollout, RolloutSeen } from './rollout-input.js';
import { rejected, type Rejected } from '../policy/rejections.js';
import { stateInRow } from '../login-policy-projection.js';

/** How a default policy ends. */
export function endOfDefault({ row, fault }: InstancePolicy): SeenPolicy {
  return fault === undefined ? seenIn(stateInRow(row)?.state ?? NO_POLICY) : 'unreadable';
}

/** What the command on an organization's policy is bound to. A policy without a step was not there when its plan was made. */
export function seenOn(organization: Organization, seen: RolloutSeen | undefined): string | undefined {
  if (seen?.steps === undefined) return undefined;
  const { own: byDefault } = seenOf(instanceOf(organization))(seen.byDefault, 'options.ifSeen');
  return seen.steps.get(policyStream(organization)) ?? seenText(organization, { own: undefined, byDefault });
}

/** The refusal of a rollout whose caller saw another default policy; `undefined` if it is as they saw it. */
export async function changedDefault(
  { instance, options: { id, ifSeen } }: ParsedRollout,
  policies: PolicyReader,
  deadline: Deadline,
): Promise<Rejected | undefined> {
  if (ifSeen === undefined) return undefined;
  const { own: seen } = seenOf(instance)(ifSeen.byDefault, 'options.ifSeen');
  const counted = await policies.countedAsSeen(instance, {
    seen,
    correlationId: id,
    idempotencyKey: keyOf(id),
    deadline,
  });
  const { last: actual } = await foundDefault(instance, policies, deadline);
  if (counted.includes(nameOfSeen(actual))) return undefined;
  const changed = { reason: 'changed-since', owner: instance, seen, actual, since: [] } as const;
  const since = await policies.changesSince(changed, deadline).catch(() => []);
  return rejected({ ...changed, since }, { owner: instance, sequence: 0n });
}
