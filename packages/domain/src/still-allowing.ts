import type { Freshness } from '@login-policy/event-sourcing';
import type { LoginPolicyCommand } from './commands/commands.js';
import type { Instance } from './policy/owner.js';
import type { PolicyCount } from './reads/answers.js';
import type { InstancePolicies } from './reads/instance-policies.js';
import type { ListFilter } from './reads/read-input.js';

/**
 * A filter for the policies that still allow what a command removes; `undefined` if it removes no factor or identity
 * provider.
 */
export function stillAllowingFilter(command: LoginPolicyCommand): ListFilter | undefined {
  switch (command.type) {
    case 'removeSecondFactor':
    case 'removeMultiFactor':
      return { index: 'allowing', value: command.factor };
    case 'removeIdentityProvider':
      return { index: 'linking', value: command.id };
    case 'add':
    case 'change':
    case 'customize':
    case 'set':
    case 'remove':
    case 'addSecondFactor':
    case 'addMultiFactor':
    case 'addIdentityProvider':
    case 'revert':
      return undefined;
  }
}

/** How many custom policies match a filter; `unknown` beside those that this program can't read. */
export async function stillAllowing(
  policies: InstancePolicies,
  instance: Instance,
  { filter, freshness }: { readonly filter: ListFilter; readonly freshness: Freshness },
): Promise<PolicyCount | 'unknown'> {
  const count = await policies.customizedCount(instance, filter, freshness);
  return (await policies.unreadableCount(instance, freshness)) === 0 ? count : 'unknown';
}
