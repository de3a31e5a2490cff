import type { LoginPolicyEvent } from './events.js';
import { ABSENT, type ActivePolicy, type LoginPolicy } from './login-policy.js';
import { applyChange } from './settings.js';

/**
 * The policy after an event. Pure, and never in place.
 *
 * @throws Error when the event can't follow: no decision ever wrote such a history, so it is not what happened.
 */
export function evolve(policy: LoginPolicy, event: LoginPolicyEvent): LoginPolicy {
  if (policy.stage === 'active') return evolveActive(policy, event);
  if (event.type !== 'LoginPolicyAdded') throw new Error(`${event.type} follows no LoginPolicyAdded`);
  const { settings } = event.data;
  return { stage: 'active', settings, secondFactors: [], multiFactors: [], identityProviders: [] };
}

// Literals where factors change, no spread of the policy: a rebuild spends much of its time here.
function evolveActive(policy: ActivePolicy, event: LoginPolicyEvent): LoginPolicy {
  const { settings, secondFactors, multiFactors, identityProviders } = policy;
  const stage = 'active';
  switch (event.type) {
    case 'LoginPolicyAdded':
      throw new Error('LoginPolicyAdded follows another without a LoginPolicyRemoved between them');
    case 'LoginPolicyChanged':
      return { ...policy, settings: applyChange(settings, event.data.settings) };
    case 'LoginPolicyRemoved':
      return ABSENT;
    case 'SecondFactorAdded': {
      const added = [...secondFactors, event.data.factor];
      return { stage, settings, secondFactors: added, multiFactors, identityProviders };
    }
    case 'SecondFactorRemoved': {
      const left = secondFactors.filter((factor) => factor !== event.data.factor);
      return { stage, settings, secondFactors: left, multiFactors, identityProviders };
    }
    case 'MultiFactorAdded': {
      const added = [...multiFactors, event.data.factor];
      return { stage, settings, secondFactors, multiFactors: added, identityProviders };
    }
    case 'MultiFactorRemoved': {
      const left = multiFactors.filter((factor) => factor !== event.data.factor);
      return { stage, settings, secondFactors, multiFactors: left, identityProviders };
    }
    case 'IdentityProviderAdded':
      return { ...policy, identityProviders: [...identityProviders, event.data.identityProvider] };
    case 'IdentityProviderRemoved':
      return { ...policy, identityProviders: identityProviders.filter(({ id }) => id !== event.data.id) };
  }
}
