import { acrossCopies } from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from './events.js';
import { ABSENT, type ActivePolicy, type LoginPolicy } from './login-policy.js';
import type { IdentityProvider } from './identity-provider.js';
import type { OwnerKind } from './owner.js';
import { applyChange } from './settings.js';

/** An event that no version's decision could have recorded after the ones before it. */
export class ImpossibleEvent extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'ImpossibleEvent';
  }
}
acrossCopies(ImpossibleEvent, 'ImpossibleEvent');

/**
 * The policy after an event. Pure; the given policy is not changed.
 *
 * @throws ImpossibleEvent when the event can't follow: a policy added twice, a factor added twice or removed without
 * being there, an instance that removes its policy.
 */
export function evolve(policy: LoginPolicy, event: LoginPolicyEvent, owner: OwnerKind): LoginPolicy {
  if (policy.stage === 'active') return evolveActive(policy, event, owner);
  if (event.type !== 'LoginPolicyAdded') throw new ImpossibleEvent(`${event.type} follows no LoginPolicyAdded`);
  const { settings } = event.data;
  return { stage: 'active', settings, secondFactors: [], multiFactors: [], identityProviders: [] };
}

/** The policy after a list of events. @throws ImpossibleEvent as {@link evolve} does. */
export function evolveAll(policy: LoginPolicy, events: readonly LoginPolicyEvent[], owner: OwnerKind): LoginPolicy {
  return events.reduce((current, event) => evolve(current, event, owner), policy);
}

function evolveActive(policy: ActivePolicy, event: LoginPolicyEvent, owner: OwnerKind): LoginPolicy {
  const { settings, secondFactors, multiFactors, identityProviders } = policy;
  switch (event.type) {
    case 'LoginPolicyAdded':
      throw new ImpossibleEvent('LoginPolicyAdded follows another without a LoginPolicyRemoved between them');
    case 'LoginPolicyChanged':
      return changed(policy, { settings: applyChange(settings, event.data.settings) });
    case 'LoginPolicyRemoved':
      if (owner === 'instance') throw new ImpossibleEvent("an instance's policy is never removed");
      return ABSENT;
    case 'SecondFactorAdded':
      return changed(policy, { secondFactors: withOne(secondFactors, event.data.factor) });
    case 'SecondFactorRemoved':
      return changed(policy, { secondFactors: withoutOne(secondFactors, event.data.factor) });
    case 'MultiFactorAdded':
      return changed(policy, { multiFactors: withOne(multiFactors, event.data.factor) });
    case 'MultiFactorRemoved':
      return changed(policy, { multiFactors: withoutOne(multiFactors, event.data.factor) });
    case 'IdentityProviderAdded': {
      const identityProvider = ownedBy(owner, event.data.identityProvider);
      if (identityProviders.some(({ id }) => id === identityProvider.id)) throw alreadyThere(identityProvider.id);
      return changed(policy, { identityProviders: [...identityProviders, identityProvider] });
    }
    case 'IdentityProviderRemoved': {
      const place = identityProviders.findIndex(({ id }) => id === event.data.id);
      if (place === -1) throw notThere(event.data.id);
      return changed(policy, { identityProviders: identityProviders.toSpliced(place, 1) });
    }
  }
}

/**
 * An instance's policy links only the instance's own providers. An older, laxer version or another program may have
 * recorded `ORG`; a custom policy copied from it would take the provider for the organization's own.
 */
function ownedBy(owner: OwnerKind, provider: IdentityProvider): IdentityProvider {
  return owner === 'organization' || provider.ownerType === 'SYSTEM' ? provider : { ...provider, ownerType: 'SYSTEM' };
}

/** A literal instead of a spread, because a rebuild spends much of its time here. */
function changed(policy: ActivePolicy, change: Partial<Omit<ActivePolicy, 'stage'>>): ActivePolicy {
  return {
    stage: 'active',
    settings: change.settings ?? policy.settings,
    secondFactors: change.secondFactors ?? policy.secondFactors,
    multiFactors: change.multiFactors ?? policy.multiFactors,
    identityProviders: change.identityProviders ?? policy.identityProviders,
  };
}

function withOne<Factor extends string>(factors: readonly Factor[], added: Factor): readonly Factor[] {
  if (factors.includes(added)) throw alreadyThere(added);
  return [...factors, added];
}

function withoutOne<Factor extends string>(factors: readonly Factor[], removed: Factor): readonly Factor[] {
  const place = factors.indexOf(removed);
  if (place === -1) throw notThere(removed);
  return factors.toSpliced(place, 1);
}

function alreadyThere(name: string): ImpossibleEvent {
  return new ImpossibleEvent(`${name} is on the policy already`);
}

function notThere(name: string): ImpossibleEvent {
  return new ImpossibleEvent(`${name} is not on the policy`);
}
