import type { LoginPolicyCommand } from './commands.js';
import type { ActivePolicy, LoginPolicy } from '../policy/login-policy.js';

/**
 * The commands that turn a policy into another, first what is taken off, then what is put on. What both have keeps its
 * place; what is put on again comes behind it.
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
    ...identityProviderCommands(to, policy),
  ];
}

function identityProviderCommands(to: ActivePolicy, policy: ActivePolicy): readonly LoginPolicyCommand[] {
  const now = new Set(policy.identityProviders.map(({ id, ownerType }) => `${ownerType} ${id}`));
  const then = new Set(to.identityProviders.map(({ id, ownerType }) => `${ownerType} ${id}`));
  return [
    ...policy.identityProviders
      .filter(({ id, ownerType }) => !then.has(`${ownerType} ${id}`))
      .map(({ id }) => ({ type: 'removeIdentityProvider', id }) as const),
    ...to.identityProviders
      .filter(({ id, ownerType }) => !now.has(`${ownerType} ${id}`))
      .map((identityProvider) => ({ type: 'addIdentityProvider', identityProvider }) as const),
  ];
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
