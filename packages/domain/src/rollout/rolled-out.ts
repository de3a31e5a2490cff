import type { RecordedEvent } from '@login-policy/event-sourcing';
import { Deadline } from '@login-policy/event-sourcing/domain';
import type { PolicyHandler } from '../commands/policy-handler.js';
import { policyStream, type Owner } from '../policy/owner.js';

/** The idempotency key of a rollout on each policy. */
export function keyOf(id: string): string {
  return `rollout ${id}`;
}

/** The idempotency key of a rollout's revert on each policy. */
export function revertKeyOf(id: string): string {
  return `revert of rollout ${id}`;
}

/**
 * The event that a rollout recorded on a policy. The receipt gives its place. The event itself confirms that it is of
 * the rollout, because a command that changed nothing leaves a receipt, too.
 */
export async function rolledOut(
  store: PolicyHandler['states']['store'],
  owner: Owner,
  id: string,
): Promise<RecordedEvent | undefined> {
  const stream = policyStream(owner);
  const deadline = new Deadline(`what a rollout did to ${stream}`);
  try {
    const receipt = await store.receipt(stream, keyOf(id), deadline);
    if (receipt === undefined) return undefined;
    for await (const [event] of store.readStream(stream, { from: receipt.revision, limit: 1 }, deadline)) {
      return event?.metadata.idempotencyKey === keyOf(id) ? event : undefined;
    }
    return undefined;
  } finally {
    deadline.end();
  }
}
