import { START, type Position, type ProjectionRunner } from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from '../policy/events.js';
import type { LoginPolicyRow } from '../login-policy-projection.js';
import type { ChangeInfo } from '../policy/change-info.js';
import type { ActivePolicy } from '../policy/login-policy.js';
import { instanceOf, isOrganization, policyStream, type Owner } from '../policy/owner.js';
import { NO_POLICY } from '../policy/policy-state.js';
import { seenIn, type Seen, type SeenPolicy } from '../policy/seen.js';

/** A policy in force, its owner, and the position this holds for. */
export interface StateFound {
  readonly policy: ActivePolicy;
  readonly changeInfo: ChangeInfo;
  readonly owner: Owner;
  readonly position: Position;
  /** What the answer depended on; absent for a policy in the past. */
  readonly seen?: Seen;
}

type FoundRows = Awaited<ReturnType<ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>['read']>>;

/** Adds what the answer to the owner's question depended on, from the same snapshot. */
export function withSeen(
  found: StateFound | undefined,
  { byDefault, owner, rows }: { readonly owner: Owner; readonly rows: FoundRows; readonly byDefault?: 'unreadable' },
): StateFound | undefined {
  if (found === undefined) return undefined;
  const behind = isOrganization(owner) ? (byDefault ?? seenInRows(rows, instanceOf(owner))) : undefined;
  return { ...found, seen: { own: seenInRows(rows, owner), byDefault: behind } };
}

function seenInRows({ rows, unreadable }: FoundRows, owner: Owner): SeenPolicy {
  const stream = policyStream(owner);
  return unreadable.has(stream) ? 'unreadable' : seenIn(rows.get(stream) ?? NO_POLICY);
}

/** @throws WrittenByNewerProgram, UnreadableEvent when this owner's policy is unreadable. */
export function foundIn({ rows, unreadable, checkpoint }: FoundRows, owner: Owner): StateFound | undefined {
  const stream = policyStream(owner);
  const fault = unreadable.get(stream);
  if (fault !== undefined) throw fault;
  const row = rows.get(stream);
  return row === undefined
    ? undefined
    : { policy: row.policy, changeInfo: row.changeInfo, owner, position: checkpoint ?? START };
}
