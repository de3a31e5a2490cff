import type { RecordedEvent } from '@login-policy/event-sourcing';
import { Deadline } from '@login-policy/event-sourcing/domain';
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

/** The event under a rollout's id on a policy. */
export interface RolledOut {
  readonly event: RecordedEvent;
  /** Of the command that recorded it. */
  readonly fingerprint: string;
}

/**
 * The event that a rollout recorded on a policy. The receipt gives its place. The event itself confirms that it is of
 * the rollout, because a command that changed nothing leaves a receipt, too.
 */
export async function rolledOut(
  store: PolicyHandler['states']['store'],
  owner: Owner,
  id: string,
): Promise<RolledOut | undefined> {
  const stream = policyStream(owner);
  const deadline = new Deadline(`what a rollout did to ${stream}`);
  try {
    const receipt = await store.receipt(stream, keyOf(id), deadline);
    if (receipt === undefined) return undefined;
    for await (const [event] of store.readStream(stream, { from: receipt.revision, limit: 1 }, deadline)) {
      const { fingerprint } = receipt;
      return event?.metadata.idempotencyKey === keyOf(id) ? { event, fingerprint } : undefined;
    }
    return undefined;
  } finally {
    deadline.end();
  }
}

/**
 * The event that this rollout's own command recorded on a policy, or why there is none although its id was used: for
 * another command.
 */
export async function ownEvent(
  store: PolicyHandler['states']['store'],
  owner: Owner,
  { parsed, options: { id } }: ParsedRollout,
): Promise<RecordedEvent | RolloutRefusal | undefined> {
  const found = await rolledOut(store, owner, id);
  if (found === undefined || canHaveRecorded(parsed, found.event)) return found?.event;
  const reason = 'idempotency-key-reused';
  return { owner, reason, message: `Another command was rolled out here under the id ${id}.` };
}
