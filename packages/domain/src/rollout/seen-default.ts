import type { Deadline } from '@login-policy/event-sourcing/domain';
import { foundDefault } from '../commands/facts.js';
import { stateInRow } from '../login-policy-projection.js';
import { NO_POLICY } from '../policy/policy-state.js';
import { nameOfSeen, seenIn, seenOf, seenText } from '../policy/seen.js';
import { rejected } from '../reads/answering.js';
import type { Rejected } from '../reads/answers.js';
import type { PolicyReader } from '../reads/policy-reader.js';
import type { InstancePolicy } from '../reads/instance-policies.js';
import type { ParsedRollout } from './rollout-input.js';

/** The `seen` of a plan that found this default policy. */
export function seenInPlan({ owner, row, fault }: InstancePolicy): string {
  const own = fault === undefined ? seenIn(stateInRow(row)?.state ?? NO_POLICY) : 'unreadable';
  return seenText(owner, { own, byDefault: undefined });
}

/** The refusal of a rollout whose caller saw another default policy; `undefined` if it is as they saw it. */
export async function changedDefault(
  { instance, options: { id, ifSeen } }: ParsedRollout,
  policies: PolicyReader,
  deadline: Deadline,
): Promise<Rejected | undefined> {
  if (ifSeen === undefined) return undefined;
  const { own: seen } = seenOf(instance)(ifSeen, 'options.ifSeen');
  const counted = await policies.countedAsSeen(instance, { seen, correlationId: id, deadline });
  const { last: actual } = await foundDefault(instance, policies, deadline);
  if (counted.includes(nameOfSeen(actual))) return undefined;
  const changed = { reason: 'changed-since', owner: instance, seen, actual, since: [] } as const;
  const since = await policies.changesSince(changed, deadline).catch(() => []);
  return rejected({ ...changed, since }, { owner: instance, sequence: 0n });
}
