import type { LoginPolicyCommand, RevertTarget } from './commands.js';
import type { ActivePolicy } from './login-policy.js';

/**
 * The commands that turn a policy into another, first what is taken off, then what is put on. What both have keeps its
 * place; what is put on again comes behind it.
 */
export function commandsTowards(to: RevertTarget, policy: ActivePolicy): readonly LoginPolicyCommand[] {
  if (to.stage === 'absent') return [{ type: 'RemoveLoginPolicy' }];
  const second = stepsBetween(policy.secondFactors, to.secondFactors);
  const multi = stepsBetween(policy.multiFactors, to.multiFactors);
  return [
    { type: 'ChangeLoginPolicy', data: { settings: to.settings } },
    ...second.off.map((factor) => ({ type: 'RemoveSecondFactor', data: { factor } }) as const),
    ...multi.off.map((factor) => ({ type: 'RemoveMultiFactor', data: { factor } }) as const),
    ...second.on.map((factor) => ({ type: 'AddSecondFactor', data: { factor } }) as const),
    ...multi.on.map((factor) => ({ type: 'AddMultiFactor', data: { factor } }) as const),
    ...identityProviderCommands(to, policy),
  ];
}

function identityProviderCommands(
  to: Extract<RevertTarget, { stage: 'active' }>,
  policy: ActivePolicy,
): readonly LoginPolicyCommand[] {
  const now = new Set(policy.identityProviders.map(({ id, ownerType }) => `${ownerType} ${id}`));
  const then = new Set(to.identityProviders.map(({ identityProvider: { id, ownerType } }) => `${ownerType} ${id}`));
  return [
    ...policy.identityProviders
      .filter(({ id, ownerType }) => !then.has(`${ownerType} ${id}`))
      .map(({ id }) => ({ type: 'RemoveIdentityProvider', data: { id } }) as const),
    ...to.identityProviders
      .filter(({ identityProvider: { id, ownerType } }) => !now.has(`${ownerType} ${id}`))
      .map((link) => ({ type: 'AddIdentityProvider', data: link }) as const),
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
