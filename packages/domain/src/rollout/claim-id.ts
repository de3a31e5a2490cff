import { isFault } from '@login-policy/event-sourcing';
import { Deadline, fingerprint } from '@login-policy/event-sourcing/domain';
import type { PolicyHandler } from '../commands/policy-handler.js';
import { policyStream } from '../policy/owner.js';
import { RejectedError } from '../reads/answers.js';
import { keyOf } from './rolled-out.js';
import type { ParsedRollout, Permission } from './rollout-input.js';
import { refusalByFault } from './rollout-steps.js';

/**
 * Binds a rollout's id to its command, for all policies and processes: by a receipt without events on the default
 * policy, because the default may be outside the rollout's reach, or refuse its command. The rollout's own receipt
 * there binds it as well; an earlier release has only that. Without a default policy, or where its stream can't be read
 * or written, nothing is bound: an unreadable default holds up no other policy.
 *
 * It is bound once, when the first policy is permitted: a caller who may change none binds nothing, and learns nothing.
 *
 * @throws RejectedError from `mayChange` when the id belongs to another command.
 */
export function bindingId(
  rollout: ParsedRollout,
  store: PolicyHandler['states']['store'],
  signal: AbortSignal | undefined,
): ParsedRollout {
  const { instance, options } = rollout;
  let claim: Promise<unknown> | undefined;
  const mayChange: Permission = async (owner, deadline) => {
    if (options.mayChange !== undefined && !(await options.mayChange(owner, deadline))) return false;
    await (claim ??= claimId(store, rollout, signal).catch((caught: unknown) => refusalByFault(instance, caught)));
    return true;
  };
  return { ...rollout, options: { ...options, mayChange } };
}

async function claimId(
  store: PolicyHandler['states']['store'],
  { instance, options: { id }, parsed }: ParsedRollout,
  signal: AbortSignal | undefined,
): Promise<void> {
  const streamId = policyStream(instance);
  const [own, claimed] = [keyOf(id), `command of rollout ${id}`];
  const deadline = new Deadline(`the rollout ${id}`, { signal });
  const receipt = { key: claimed, fingerprint: fingerprint(parsed) };
  const isClaimed = async (): Promise<boolean> => {
    const found = await Promise.all([own, claimed].map((key) => store.receipt(streamId, key, deadline)));
    const bound = found.flatMap((one) => one ?? []);
    if (bound.every((one) => one.fingerprint === receipt.fingerprint)) return bound.length > 0;
    const message = `Another command was rolled out under the id ${id}, so this one was not carried out.`;
    throw new RejectedError({ rejection: { reason: 'idempotency-key-reused', idempotencyKey: own }, message });
  };
  if (await isClaimed()) return;
  for await (const { length } of store.readStream(streamId, { limit: 1 }, deadline)) {
    if (length === 0) return;
    const claim = store.append({ streamId, expected: 'any', events: [], receipt, signal }, deadline);
    await claim.catch(async (caught: unknown) => {
      if (!isFault(caught, 'receipt-exists') || !(await isClaimed())) throw caught;
    });
  }
}
