import { fingerprint, isFault, type Position, START } from '@login-policy/event-sourcing';
import { policyStream, type Owner } from '../policy/owner.js';
import { RejectedError } from '../reads/answers.js';
import { keyOf, revertKeyOf, type LookUp } from './rolled-out.js';
import type { RolloutRefusal } from './rollout-answers.js';
import type { ParsedRollout, Permission } from './rollout-input.js';
import { refusalByFault, refusalOf } from './rollout-steps.js';
import type { Rejected } from '../policy/rejections.js';

const LOOKED_AT_FOR_MS = 1000;

/**
 * Binds a rollout's id to its command, for all policies and processes: by a receipt without events on the default
 * policy, because the default may be outside the rollout's reach, or refuse its command. The rollout's own receipt
 * there binds it as well; an earlier release has only that. Without a default policy, or where its stream can't be read
 * or written, nothing is bound: an unreadable default holds up no other policy.
 *
 * It is bound when the first policy is permitted: a caller who may change none binds nothing, and learns nothing. It is
 * looked at again each second, so that a run ends soon after somebody has begun to revert it.
 *
 * @throws RejectedError from `mayChange` when the id belongs to another command, or to a rollout that was reverted.
 */
export function bindingId(rollout: ParsedRollout, store: LookUp['store']): ParsedRollout {
  const { instance, options } = rollout;
  let claim: Promise<unknown> | undefined;
  let lookedAt = 0;
  const mayChange: Permission = async (owner, deadline) => {
    if (options.mayChange !== undefined && !(await options.mayChange(owner, deadline))) return false;
    const refused = (caught: unknown): unknown => refusalByFault(instance, caught);
    if (performance.now() - lookedAt > LOOKED_AT_FOR_MS) claim = undefined;
    if (claim === undefined) lookedAt = performance.now();
    await (claim ??= claimId(rollout, { store, deadline }).catch(refused));
    return true;
  };
  return { ...rollout, options: { ...options, mayChange } };
}

/** As {@link claimOf}; also refused when the rollout was reverted: it is done with, and a new one takes a new id. */
export async function openClaimOf(rollout: ParsedRollout, look: LookUp): Promise<Rejected | boolean> {
  const { id } = rollout.options;
  const reverted = await look.store.receipt(policyStream(rollout.instance), revertedKeyOf(id), look.deadline);
  return reverted === undefined ? claimOf(rollout, look) : refusedAsReverted(id);
}

function refusedAsReverted(id: string): Rejected {
  const rejection = { reason: 'idempotency-key-reused', idempotencyKey: keyOf(id) } as const;
  const message = `The rollout ${id} was reverted, so it is not carried out again: a new rollout takes a new id.`;
  return { outcome: 'rejected', rejection, message };
}

/**
 * The refusal of a policy on which the rollout was reverted under this key, where the default policy could not note
 * that: there is none, or it can't be read.
 */
export async function revertedOn(
  owner: Owner,
  { id, key }: { readonly id: string; readonly key: string },
  { deadline, store }: LookUp,
): Promise<RolloutRefusal | undefined> {
  const receipt = await store.receipt(policyStream(owner), revertKeyOf(id, key), deadline);
  return receipt && refusalOf(owner, refusedAsReverted(id));
}

/** Whether the id is bound to this command, or the refusal because it belongs to another one. */
export async function claimOf(
  { instance, options: { id }, parsed }: ParsedRollout,
  { deadline, store }: LookUp,
): Promise<Rejected | boolean> {
  const streamId = policyStream(instance);
  const keys = [keyOf(id), claimKeyOf(id)];
  const bound = (await Promise.all(keys.map((key) => store.receipt(streamId, key, deadline)))).flatMap(
    (one) => one ?? [],
  );
  if (bound.every((one) => one.fingerprint === fingerprint(parsed))) return bound.length > 0;
  const message = `Another command was rolled out under the id ${id}, so this one was not carried out.`;
  return { outcome: 'rejected', rejection: { reason: 'idempotency-key-reused', idempotencyKey: keyOf(id) }, message };
}

/** A position before the rollout's first event: where its id was bound, or the beginning of the store. */
export async function boundAt(
  { instance, options: { id } }: ParsedRollout,
  { deadline, store }: LookUp,
): Promise<Position> {
  const streamId = policyStream(instance);
  const claim = await store.receipt(streamId, claimKeyOf(id), deadline);
  if (claim === undefined) return START;
  return (await store.first(streamId, { from: claim.revision }, deadline))?.position ?? START;
}

async function claimId(rollout: ParsedRollout, look: LookUp): Promise<void> {
  const isClaimed = async (): Promise<boolean> => {
    const claim = await openClaimOf(rollout, look);
    if (typeof claim === 'object') throw new RejectedError(claim);
    return claim;
  };
  if (await isClaimed()) return;
  await storeReceipt(claimKeyOf(rollout.options.id), rollout, look).catch(async (caught: unknown) => {
    if (!isFault(caught, 'receipt-exists') || !(await isClaimed())) throw caught;
  });
}

/** Notes that a rollout is reverted, before its first policy is: from then on it is not carried out any more. */
export async function noteRevert(rollout: ParsedRollout, look: LookUp): Promise<void> {
  const key = revertedKeyOf(rollout.options.id);
  if ((await look.store.receipt(policyStream(rollout.instance), key, look.deadline)) !== undefined) return;
  await storeReceipt(key, rollout, look).catch((caught: unknown) => {
    if (!isFault(caught, 'receipt-exists')) refusalByFault(rollout.instance, caught);
  });
}

/** Stores a receipt without events on the default policy; nothing where there is none. */
async function storeReceipt(
  key: string,
  { instance, parsed }: ParsedRollout,
  { deadline, store }: LookUp,
): Promise<void> {
  const streamId = policyStream(instance);
  const receipt = { key, fingerprint: fingerprint(parsed) };
  for await (const { length } of store.readStream(streamId, { limit: 1 }, deadline)) {
    if (length === 0) return;
    const { signal } = deadline;
    await store.append({ streamId, expected: 'any', events: [], receipt, signal }, deadline);
  }
}

function revertedKeyOf(id: string): string {
  return `reverted rollout ${id}`;
}

function claimKeyOf(id: string): string {
  return `command of rollout ${id}`;
}
