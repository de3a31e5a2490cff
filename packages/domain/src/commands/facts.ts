import type { Deadline, EventId, FactSource } from '@login-policy/event-sourcing';
import type { DefaultConditions } from './command-input.js';
import type { LoginPolicyCommand } from './commands.js';
import type { IdentityProvider, IdentityProviderDirectory, IdentityProviderId } from '../policy/identity-provider.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { instanceOf, ownerOfStream, type Owner } from '../policy/owner.js';
import { lastSequenceOf } from '../reads/details.js';
import type { PolicyReader } from '../reads/policy-reader.js';
import { asOf } from '../reads/read-input.js';
import type { PolicyState } from './policy-state.js';
import { isYes } from '../input/yes.js';

/** What a command is decided by that is neither in it nor in the policy. */
export interface PolicyFacts {
  /** The identity providers named that do not exist; none where there is no directory to ask. */
  readonly unknownIdentityProviders: ReadonlySet<IdentityProviderId>;
  /** For a revert: the owner's own policy as it was at the moment. For a customization: the default as it is now. */
  readonly model?: LoginPolicy;
  /** For a customization: where the default stood when it was looked up, and where the caller had seen it. */
  readonly byDefault?: DefaultSeen;
}

/** Where the default policy stands, and where the caller who customizes it had seen it. */
export interface DefaultSeen extends DefaultConditions {
  /** 0 for one that has no events. */
  readonly sequence: bigint;
  readonly eventId: EventId | undefined;
}

/** For a command that needs nothing from outside. */
export const NO_FACTS: PolicyFacts = Object.freeze({ unknownIdentityProviders: new Set<never>() });

/** Whom to ask for facts. */
export interface FactProviders {
  readonly identityProviders: IdentityProviderDirectory | undefined;
  readonly policies: () => PolicyReader;
}

/** Looks up what commands of login policies have to know: which identity providers exist, what a policy is or was. */
export function policyFacts({
  identityProviders,
  policies,
}: FactProviders): FactSource<LoginPolicyCommand, PolicyFacts, DefaultConditions> {
  const unknownOf = async (
    owner: Owner,
    named: readonly IdentityProvider[],
    deadline: Deadline,
  ): Promise<Set<IdentityProviderId>> => {
    if (identityProviders === undefined) return new Set();
    const exist = await Promise.all(named.map((provider) => identityProviders.exists(owner, provider, deadline)));
    return new Set(named.filter((_, index) => !isYes(exist[index], 'identityProviders.exists')).map(({ id }) => id));
  };
  return {
    isNeededFor: (command) => command.type === 'revert' || command.type === 'customize' || namedIn(command).length > 0,
    async lookUp(streamId, command, { conditions, deadline }) {
      const owner = ownerOfStream(streamId);
      if (owner === undefined) throw new TypeError(`${streamId} is not the stream of a login policy`);
      const looked = await modelOf(command, policies(), { owner, deadline });
      if (looked === undefined) return { unknownIdentityProviders: await unknownOf(owner, namedIn(command), deadline) };
      const { policy: model, marks } = looked;
      const linked = model.stage === 'active' ? model.identityProviders : [];
      const unknownIdentityProviders = await unknownOf(owner, linked, deadline);
      if (command.type === 'revert') return { model, unknownIdentityProviders };
      const byDefault = { ...conditions, sequence: lastSequenceOf(marks), eventId: marks?.eventId };
      return { model, byDefault, unknownIdentityProviders };
    },
  };
}

/** The policy that a command is to make its policy like; `undefined` for one that does not look at any. */
async function modelOf(
  command: LoginPolicyCommand,
  policies: PolicyReader,
  { owner, deadline }: { readonly owner: Owner; readonly deadline: Deadline },
): Promise<PolicyState | undefined> {
  if (command.type === 'customize') return policies.latest(instanceOf(owner), deadline);
  return command.type === 'revert' ? policies.past(owner, asOf(command.to, 'to'), deadline) : undefined;
}

/** The identity providers that a command would link. */
function namedIn(command: LoginPolicyCommand): readonly IdentityProvider[] {
  if (command.type === 'addIdentityProvider') return [command.identityProvider];
  return command.type === 'add' ? (command.policy.identityProviders ?? []) : [];
}
