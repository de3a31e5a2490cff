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

/** The key under which a policy is read. */
export function policyKey(scope: Scope): string {
  return `policy ${keyOf(scope)}`;
}

/** The policy as last read: for an organization its effective policy. `undefined` until it was read. */
export function policyOf(scope: Scope): Policy | undefined {
  return kept.value.get(keyOf(scope))?.policy;
}

/**
 * Reads a policy again. If several reads overlap, the last one wins. Until it has arrived, the result with the highest
 * version is shown.
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

/**
 * Reads everything again that a change may affect. A change of the default policy affects the organizations without a
 * custom policy, and what the others depend on.
 */
export async function refreshAfterChange(changed: Scope): Promise<void> {
  const touched = [...kept.value.values()].filter(
    ({ scope }) => isSameScope(scope, changed) || isSameScope(changed, INSTANCE),
  );
  directoryChanged();
  await Promise.all(touched.map(({ scope }) => refreshPolicy(scope)));
}

/** Reads all loaded policies again. */
export async function refreshAllPolicies(): Promise<void> {
  await Promise.all([...kept.value.values()].map(({ scope }) => refreshPolicy(scope)));
}

/** Clears all policies, because the next user may have fewer permissions. */
export function forgetPolicies(): void {
  kept.value = new Map();
}
