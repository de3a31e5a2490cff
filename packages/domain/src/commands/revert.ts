import { reject } from '@login-policy/event-sourcing';
import { loginPolicyEvents } from '../policy/event-codec.js';
import type { LoginPolicyCommand, PolicyToAdd } from './commands.js';
import type { IdentityProvider } from '../policy/identity-provider.js';
import type { ActivePolicy, LoginPolicy } from '../policy/login-policy.js';
import { refusedValue } from '../policy/rejections.js';
import { applyChange } from '../policy/settings.js';
import type { LoginPolicyDecision } from './decision.js';

/**
 * The commands that turn a policy into another, except for its identity providers: removals first, then additions.
 * Common items keep their place; added ones come after them.
 */
export function commandsTowards(to: LoginPolicy, policy: ActivePolicy): readonly LoginPolicyCommand[] {
  if (to.stage === 'absent') return [{ type: 'remove' }];
  const second = stepsBetween(policy.secondFactors, to.secondFactors);
  const multi = stepsBetween(policy.multiFactors, to.multiFactors);
  return [
    { type: 'change', settings: to.settings },
    ...second.off.map((factor) => ({ type: 'removeSecondFactor', factor }) as const),
    ...multi.off.map((factor) => ({ type: 'removeMultiFactor', factor }) as const),
    ...second.on.map((factor) => ({ type: 'addSecondFactor', factor }) as const),
    ...multi.on.map((factor) => ({ type: 'addMultiFactor', factor }) as const),
  ];
}

/** The policy after applying what is named; the rest stays. */
export function withTold({ settings = {}, ...lists }: PolicyToAdd, policy: ActivePolicy): ActivePolicy {
  return { ...policy, ...lists, settings: applyChange(policy.settings, settings) };
}

/**
 * Which identity providers to unlink, keep and link. Each is looked at once, because an old policy may have thousands.
 */
export function linksTowards(
  to: ActivePolicy,
  policy: ActivePolicy,
): Readonly<Record<'off' | 'kept' | 'on', readonly IdentityProvider[]>> {
  const nameOf = ({ id, ownerType }: IdentityProvider): string => `${ownerType} ${id}`;
  const [now, then] = [policy, to].map(({ identityProviders }) => new Set(identityProviders.map(nameOf)));
  return {
    off: policy.identityProviders.filter((provider) => then?.has(nameOf(provider)) !== true),
    kept: policy.identityProviders.filter((provider) => then?.has(nameOf(provider)) === true),
    on: to.identityProviders.filter((provider) => now?.has(nameOf(provider)) !== true),
  };
}

/** Refuses to record again, by a copy of the past or of the default, what today's rules of input refuse. */
export function recordable(decision: LoginPolicyDecision): LoginPolicyDecision {
  if (decision.outcome === 'rejected') return decision;
  try {
    for (const event of decision.events) loginPolicyEvents.encode(event);
    return decision;
  } catch (caught) {
    return reject(refusedValue(caught));
  }
}

function stepsBetween<Factor>(
  now: readonly Factor[],
  then: readonly Factor[],
): { readonly off: readonly Factor[]; readonly on: readonly Factor[] } {
  return {
    off: now.filter((factor) => !then.includes(factor)),
    on: then.filter((factor) => !now.includes(factor)),
  };
}
