import type { Deadline, RecordedEvent } from '@login-policy/event-sourcing';
import { sequenceOf } from '../policy/change-info.js';
import { policyStream, type Owner } from '../policy/owner.js';
import { canHaveRecorded } from './recorded-command.js';
import type { RolloutRefusal } from './rollout-answers.js';
import type { ParsedRollout } from './rollout-input.js';
import type { PolicyHandler } from '../policy-parts.js';

/**
 * The idempotency key of a rollout on each policy. A policy that was removed and added again is another one: its key
 * names the sequence at which it was added.
 */
export function keyOf(id: string, addedAt?: bigint): string {
  return addedAt === undefined ? `rollout ${id}` : `rollout ${id} since ${addedAt}`;
}

/** The idempotency key of a rollout's revert on each policy. */
export function revertKeyOf(id: string, key: string): string {
  return key === keyOf(id) ? `revert of rollout ${id}` : `revert of ${key}`;
}

/** Where a rollout's events are looked up, and for how long. */
export interface LookUp {
  readonly store: PolicyHandler['states']['store'];
  readonly deadline: Deadline;
}

/** A command that was given under the id of a rollout, on one policy. */
export interface RolledOut {
  /** The idempotency key that it was given under. */
  readonly key: string;
  /** Its event; `undefined` if it changed nothing. */
  readonly event: RecordedEvent | undefined;
  readonly fingerprint: string;
}

/**
 * The command with a rollout's id on a policy, since it was last added. The receipt says at which revision its event is. The event's own key is
 * compared, too, because a command that changed nothing also leaves a receipt.
 */
export async function rolledOut({ deadline, store }: LookUp, owner: Owner, id: string): Promise<RolledOut | undefined> {
  const stream = policyStream(owner);
  const key = await keyOn({ deadline, store }, owner, id);
  const receipt = await store.receipt(stream, key, deadline);
  if (receipt === undefined) return undefined;
  const event = await store.first(stream, { from: receipt.revision }, deadline);
  if (event === undefined) return undefined;
  const { fingerprint } = receipt;
  return { key, event: event.metadata.idempotencyKey === key ? event : undefined, fingerprint };
}

/** The rollout's key on the policy that is there now: what an earlier one was given does not count. */
export async function keyOn({ deadline, store }: LookUp, owner: Owner, id: string): Promise<string> {
  const stream = policyStream(owner);
  const receipt = await store.receipt(stream, keyOf(id), deadline);
  if (receipt === undefined) return keyOf(id);
  const newestFirst = store.readStream(stream, { direction: 'backwards', pageSize: 100 }, deadline);
  for await (const page of newestFirst)
    for (const event of page) {
      if (event.revision <= receipt.revision) return keyOf(id);
      if (event.type === 'LoginPolicyAdded') return keyOf(id, sequenceOf(event));
    }
  return keyOf(id);
}

/**
 * The event that this rollout recorded on a policy; `unchanged` if it changed nothing there, `undefined` if it was not
 * carried out there, and a refusal if another command used its id.
 */
export async function eventOfRollout(
  lookUp: LookUp,
  owner: Owner,
  { parsed, options: { id } }: ParsedRollout,
): Promise<RecordedEvent | RolloutRefusal | 'unchanged' | undefined> {
  const found = await rolledOut(lookUp, owner, id);
  if (found === undefined) return undefined;
  const { event = 'unchanged' } = found;
  if (event === 'unchanged' || canHaveRecorded(parsed, event)) return event;
  const reason = 'idempotency-key-reused';
  return { owner, reason, message: `Another command was rolled out here under the id ${id}.` };
}
