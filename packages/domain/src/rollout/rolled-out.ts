import type { RecordedEvent } from '@login-policy/event-sourcing';
import type { Deadline } from '@login-policy/event-sourcing/domain';
import type { PolicyHandler } from '../commands/policy-handler.js';
import { policyStream, type Owner } from '../policy/owner.js';
import { canHaveRecorded } from './recorded-command.js';
import type { RolloutRefusal } from './rollout-answers.js';
import type { ParsedRollout } from './rollout-input.js';

/** The idempotency key of a rollout on each policy. */
export function keyOf(id: string): string {
  return `rollout ${id}`;
}

/** The idempotency key of a rollout's revert on each policy. */
export function revertKeyOf(id: string): string {
  return `revert of rollout ${id}`;
}

/** Where a rollout's events are looked up, and for how long. */
export interface LookUp {
  readonly store: PolicyHandler['states']['store'];
  readonly deadline: Deadline;
}

/** A command that was given under the id of a rollout, on one policy. */
export interface RolledOut {
  /** Its event; `undefined` if it changed nothing. */
  readonly event: RecordedEvent | undefined;
  readonly fingerprint: string;
}

/**
 * The command with a rollout's id on a policy. The receipt says at which revision its event is. The event's own key is
 * compared, too, because a command that changed nothing also leaves a receipt.
 */
export async function rolledOut({ deadline, store }: LookUp, owner: Owner, id: string): Promise<RolledOut | undefined> {
  const stream = policyStream(owner);
  const receipt = await store.receipt(stream, keyOf(id), deadline);
  if (receipt === undefined) return undefined;
  const event = await store.first(stream, { from: receipt.revision }, deadline);
  if (event === undefined) return undefined;
  const { fingerprint } = receipt;
  return { event: event.metadata.idempotencyKey === keyOf(id) ? event : undefined, fingerprint };
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
