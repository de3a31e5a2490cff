import { signal } from '@preact/signals';
import { commandOf } from '../wire/command.js';
import type { Policy } from '../wire/policy.js';
import { readPreview } from '../wire/preview.js';
import { INSTANCE, keyOf, type Scope } from '../wire/scope.js';
import { refreshPolicy } from './policies.js';

interface Judged {
  /** The state of the policy that was evaluated: its owner, and its last event by sequence and instant. */
  readonly state: string;
  readonly sentences: readonly string[];
}

const judged = signal<ReadonlyMap<string, Judged>>(new Map());

/** Identifies a state of a policy. */
export function stateOf({ details: { changeDate, resourceOwner, sequence } }: Policy): string {
  return `${resourceOwner} ${sequence} ${changeDate}`;
}

/** The lock-outs of a policy, as sentences; `undefined` until this state was evaluated. */
export function lockOutsOf(scope: Scope, policy: Policy): readonly string[] | undefined {
  const known = judged.value.get(keyOf(scope));
  return known?.state === stateOf(policy) ? known.sentences : undefined;
}

/**
 * Loads the lock-outs of a policy. The server evaluates the policy: a preview of a change without effect returns the
 * warnings. The page has no rules of its own.
 */
export async function judgePolicy(scope: Scope, policy: Policy): Promise<void> {
  if (lockOutsOf(scope, policy) !== undefined) return;
  const owner = policy.isDefault ? INSTANCE : scope;
  const { events, standing } = await readPreview(
    owner,
    commandOf({ wish: 'change-settings', patch: {} }, owner, policy),
  );
  // Otherwise the policy has changed. It is evaluated again after the next read.
  if (events.length > 0) return;
  judged.value = new Map(judged.value).set(keyOf(scope), {
    state: stateOf(policy),
    sentences: standing.map(({ message }) => message),
  });
}

/** Reads a policy and its lock-outs together, because a banner that appears later would shift the layout. */
export async function refreshJudged(scope: Scope): Promise<void> {
  const policy = await refreshPolicy(scope);
  // If only the lock-outs can't be loaded, the banner says so.
  if (policy !== undefined) await judgePolicy(scope, policy).catch(() => {});
}

/** Clears the evaluation. */
export function forgetHealth(): void {
  judged.value = new Map();
}
