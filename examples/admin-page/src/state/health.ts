import { signal } from '@preact/signals';
import { commandOf } from '../wire/command.js';
import type { Policy } from '../wire/policy.js';
import { readPreview } from '../wire/preview.js';
import { INSTANCE, keyOf, type Scope } from '../wire/scope.js';

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

/** Forgets what was judged. */
export function forgetHealth(): void {
  judged.value = new Map();
}
