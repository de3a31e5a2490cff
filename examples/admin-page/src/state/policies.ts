import { signal } from '@preact/signals';
import type { Policy } from '../wire/policy.js';
import { readPolicy } from '../wire/reads.js';
import { directoryChanged } from './organizations.js';
import { INSTANCE, isSameScope, keyOf, type Scope } from '../wire/scope.js';
import { readAnew } from './unread.js';

interface Kept {
  readonly scope: Scope;
  readonly policy: Policy | undefined;
}

const kept = signal<ReadonlyMap<string, Kept>>(new Map());
const tickets = new Map<string, number>();

/** The name under which a policy is read. */
export function policyKey(scope: Scope): string {
  return `policy ${keyOf(scope)}`;
}

/** The policy as it was last read: an organization's is its effective one. `undefined` until it was read. */
export function policyOf(scope: Scope): Policy | undefined {
  return kept.value.get(keyOf(scope))?.policy;
}

/**
 * Reads a policy anew. Of answers that overtake each other the one that was asked for last counts; until that is there, whichever
 * is further than what is shown.
 */
export function refreshPolicy(scope: Scope): Promise<Policy | undefined> {
  return readAnew(policyKey(scope), () => readInOrder(scope));
}

async function readInOrder(scope: Scope): Promise<Policy | undefined> {
  const key = keyOf(scope);
  const ticket = (tickets.get(key) ?? 0) + 1;
  tickets.set(key, ticket);
  const policy = await readPolicy(scope);
  if (tickets.get(key) === ticket || isFurther(policy, policyOf(scope)))
    kept.value = new Map(kept.value).set(key, { scope, policy });
  return policy;
}

function isFurther(read: Policy | undefined, shown: Policy | undefined): boolean {
  if (read?.details.resourceOwner !== shown?.details.resourceOwner) return false;
  return read !== undefined && shown !== undefined && BigInt(read.details.sequence) > BigInt(shown.details.sequence);
}

/** Reads anew whatever a change may have touched: a change of the default reaches the organizations on it. */
export async function refreshAfterChange(changed: Scope): Promise<void> {
  const touched = [...kept.value.values()].filter(
    ({ scope, policy }) =>
      isSameScope(scope, changed) || (isSameScope(changed, INSTANCE) && policy?.isDefault !== false),
  );
  directoryChanged();
  await Promise.all(touched.map(({ scope }) => refreshPolicy(scope)));
}

/** Reads anew whatever was read before. */
export async function refreshAllPolicies(): Promise<void> {
  await Promise.all([...kept.value.values()].map(({ scope }) => refreshPolicy(scope)));
}

/** Forgets what was read: the next who signs in may see less. */
export function forgetPolicies(): void {
  kept.value = new Map();
}
