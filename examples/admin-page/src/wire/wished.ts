import type { Intent } from './command.js';
import { factorsOn, type Policy } from './policy.js';
import { readPolicy } from './reads.js';
import { INSTANCE, type Scope } from './scope.js';

/** The policy that the user saw, with their change applied. */
export async function wishedPolicy(intent: Intent, scope: Scope, seen: Policy): Promise<Policy> {
  switch (intent.wish) {
    case 'add-factor':
    case 'remove-factor':
      return withFactor(intent, seen);
    case 'add-provider':
      return { ...seen, identityProviders: [...otherProviders(intent.id, seen), intent.id] };
    case 'remove-provider':
      return { ...seen, identityProviders: otherProviders(intent.id, seen) };
    case 'change-settings':
      return { ...seen, settings: { ...seen.settings, ...intent.patch } };
    case 'add-custom':
      return seen;
    case 'reset':
      return (await readPolicy(INSTANCE)) ?? seen;
    case 'revert':
      return (await readPolicy(scope, { asOf: intent.to })) ?? seen;
  }
}

function otherProviders(id: string, { identityProviders }: Policy): readonly string[] {
  return identityProviders.filter((one) => one !== id);
}

function withFactor({ wish, factor }: Extract<Intent, { wish: 'add-factor' | 'remove-factor' }>, seen: Policy): Policy {
  const others = factorsOn(seen, factor.kind).filter((one) => one !== factor);
  const factors = wish === 'add-factor' ? [...others, factor] : others;
  return factor.kind === 'multi-factor' ? { ...seen, multiFactors: factors } : { ...seen, secondFactors: factors };
}
