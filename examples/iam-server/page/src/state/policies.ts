import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { isSaidElsewhere, sentenceOf } from '../wire/failure.js';
import type { Policy } from '../wire/policy.js';
import { readPolicy } from '../wire/reads.js';
import { noteCustom } from './organizations.js';
import { INSTANCE, isSameScope, keyOf, type Scope } from '../wire/scope.js';

interface Kept {
  readonly scope: Scope;
  readonly policy: Policy | undefined;
  /** When it was read, in ISO 8601. */
  readonly readAt: string;
  /** Why it could not be read anew since, as a sentence. */
  readonly problem?: string;
}

/** What is shown of a policy, but could not be read anew. */
export type Stale = Required<Pick<Kept, 'problem' | 'readAt'>>;

const LONGEST_PAUSE_MS = 30_000;

const kept = signal<ReadonlyMap<string, Kept>>(new Map());
const tickets = new Map<string, number>();
const retries = new Map<string, ReturnType<typeof setTimeout>>();

/** Whether something that is shown could not be read anew. */
export const isSomethingStale: ReadonlySignal<boolean> = computed(() =>
  [...kept.value.values()].some(({ problem }) => problem !== undefined),
);

/** Why what is shown of a policy may not be so any more; `undefined` where it was read as it was asked for last. */
export function staleOf(scope: Scope): Stale | undefined {
  const { problem, readAt = '' } = kept.value.get(keyOf(scope)) ?? {};
  return problem === undefined ? undefined : { problem, readAt };
}

/** The policy as it was last read: an organization's is its effective one. `undefined` until it was read. */
export function policyOf(scope: Scope): Policy | undefined {
  return kept.value.get(keyOf(scope))?.policy;
}

/**
 * Reads a policy anew. Of answers that overtake each other the one that was asked for last counts; until that is there, whichever
 * is further than what is shown.
 */
export async function refreshPolicy(scope: Scope): Promise<Policy | undefined> {
  const key = keyOf(scope);
  const ticket = (tickets.get(key) ?? 0) + 1;
  tickets.set(key, ticket);
  const policy = await readPolicy(scope).catch((caught: unknown) => {
    if (tickets.get(key) === ticket && !isSaidElsewhere(caught)) noteFailure(scope, sentenceOf(caught));
    throw caught;
  });
  if (tickets.get(key) === ticket || isFurther(policy, policyOf(scope)))
    kept.value = new Map(kept.value).set(key, { scope, policy, readAt: new Date().toISOString() });
  if (scope.of === 'organization' && policy !== undefined) noteCustom(scope.organizationId, !policy.isDefault);
  return policy;
}

/** What is shown is no longer known to be so. It is read again after a while, until it could be. */
function noteFailure(scope: Scope, problem: string): void {
  const key = keyOf(scope);
  const known = kept.value.get(key);
  if (known === undefined) return;
  kept.value = new Map(kept.value).set(key, { ...known, problem });
  const silentMs = Date.now() - Date.parse(known.readAt);
  clearTimeout(retries.get(key));
  const again = setTimeout(
    () => {
      // What comes of it is shown beside the policy.
      if (staleOf(scope) !== undefined) refreshPolicy(scope).catch(() => {});
    },
    Math.min(Math.max(1000, silentMs / 2), LONGEST_PAUSE_MS),
  );
  retries.set(key, again);
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
  // Whether an organization has a custom policy may be shown without it.
  const others = changed.of === 'organization' && !touched.some(({ scope }) => isSameScope(scope, changed));
  await Promise.all([...touched.map(({ scope }) => scope), ...(others ? [changed] : [])].map(refreshPolicy));
}

/** Reads anew whatever was read before. */
export async function refreshAllPolicies(): Promise<void> {
  await Promise.all([...kept.value.values()].map(({ scope }) => refreshPolicy(scope)));
}

/** Forgets what was read: the next who signs in may see less. */
export function forgetPolicies(): void {
  for (const again of retries.values()) clearTimeout(again);
  retries.clear();
  kept.value = new Map();
}
