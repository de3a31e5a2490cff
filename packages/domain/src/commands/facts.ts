import type { FactSource } from '@login-policy/event-sourcing';
import type { LoginPolicyCommand } from './commands.js';
import type { IdentityProvider, IdentityProviderDirectory, IdentityProviderId } from '../policy/identity-provider.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { ownerOfStream, type Owner } from '../policy/owner.js';
import type { ParsedAsOf } from '../reads/read-input.js';

/** What a command is decided by that is neither in it nor in the policy. */
export interface PolicyFacts {
  /** The identity providers named that do not exist; none where there is no directory to ask. */
  readonly unknownIdentityProviders: ReadonlySet<IdentityProviderId>;
  /** For a revert: the owner's own policy as it was at the moment. */
  readonly policyThen?: LoginPolicy;
}

/** For a command that needs nothing from outside. */
export const NO_FACTS: PolicyFacts = Object.freeze({ unknownIdentityProviders: new Set<never>() });

/** Whom to ask for facts. */
export interface FactProviders {
  readonly identityProviders: IdentityProviderDirectory | undefined;
  /** The owner's own policy as it was at a moment. */
  readonly past: (owner: Owner, asOf: ParsedAsOf) => Promise<LoginPolicy>;
}

/** Looks up what commands of login policies have to know: which identity providers exist, what a policy was. */
export function policyFacts({ identityProviders, past }: FactProviders): FactSource<LoginPolicyCommand, PolicyFacts> {
  const unknownOf = async (owner: Owner, named: readonly IdentityProvider[]): Promise<Set<IdentityProviderId>> => {
    if (identityProviders === undefined) return new Set();
    const exist = await Promise.all(named.map((provider) => identityProviders.exists(owner, provider)));
    return new Set(named.filter((_, index) => exist[index] !== true).map(({ id }) => id));
  };
  return {
    isNeededFor: (command) =>
      command.type === 'revert' || (identityProviders !== undefined && namedIn(command).length > 0),
    async lookUp(streamId, command) {
      const owner = ownerOfStream(streamId);
      if (command.type !== 'revert') return { unknownIdentityProviders: await unknownOf(owner, namedIn(command)) };
      const policyThen = await past(owner, { moment: command.to, field: 'to' });
      const linked = policyThen.stage === 'active' ? policyThen.identityProviders : [];
      return { policyThen, unknownIdentityProviders: await unknownOf(owner, linked) };
    },
  };
}

/** The identity providers that a command would link. */
function namedIn(command: LoginPolicyCommand): readonly IdentityProvider[] {
  if (command.type === 'addIdentityProvider') return [command.identityProvider];
  return command.type === 'add' ? (command.policy.identityProviders ?? []) : [];
}
