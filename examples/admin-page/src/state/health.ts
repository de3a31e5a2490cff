import { signal } from '@preact/signals';
import { commandOf } from '../wire/command.js';
import type { Policy } from '../wire/policy.js';
import { readPreview } from '../wire/preview.js';
import { INSTANCE, keyOf, type Scope } from '../wire/scope.js';
import { refreshPolicy } from './policies.js';

interface Judged {
  /** The state of the policy that was judged: its owner and sequence. */
  readonly state: string;
  readonly sentences: readonly string[];
}

const judged = signal<ReadonlyMap<string, Judged>>(new Map());

/** Which state of which policy somebody looks at. */
export function stateOf({ details: { resourceOwner, sequence } }: Policy): string {
  return `${resourceOwner} ${sequence}`;
}

/** Whom a policy locks out, as sentences; `undefined` until this state of it was judged. */
export function lockOutsOf(scope: Scope, policy: Policy): readonly string[] | undefined {
  const known = judged.value.get(keyOf(scope));
  return known?.state === stateOf(policy) ? known.sentences : undefined;
}

/**
 * Asks whom a policy locks out. The server judges it, by what a change that changes nothing would warn of: the page has no rules of
 * its own.
 */
export async function judgePolicy(scope: Scope, policy: Policy): Promise<void> {
  if (lockOutsOf(scope, policy) !== undefined) return;
  const owner = policy.isDefault ? INSTANCE : scope;
  const { events, standing } = await readPreview(
    owner,
    commandOf({ wish: 'change-settings', patch: {} }, owner, policy),
  );
  // Else the policy is another by now, and is judged anew once it was read.
  if (events.length > 0) return;
  judged.value = new Map(judged.value).set(keyOf(scope), {
    state: stateOf(policy),
    sentences: standing.map(({ message }) => message),
  });
}

/** Reads a policy, and asks whom it locks out: a banner that came later would move all below it. */
export async function refreshJudged(scope: Scope): Promise<void> {
  const policy = await refreshPolicy(scope);
  // Where only this can't be had, it is said in the place of the banner.
  if (policy !== undefined) await judgePolicy(scope, policy).catch(() => {});
}

/** Forgets what was judged. */
export function forgetHealth(): void {
  judged.value = new Map();
}
