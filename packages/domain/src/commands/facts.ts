import type { EventId } from '@login-policy/event-sourcing';
import type { Deadline, FactSource } from '@login-policy/event-sourcing/domain';
import type { CommandConditions, DefaultConditions } from './command-input.js';
import type { Guard } from './guard.js';
import type { LockOut } from '../sign-in/warnings.js';
import type { LoginPolicyCommand } from './commands.js';
import type { IdentityProvider, IdentityProviderDirectory, IdentityProviderId } from '../policy/identity-provider.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { instanceOf, isOrganization, ownerOfStream, type Owner } from '../policy/owner.js';
import { lastSequenceOf } from '../policy/marks.js';
import { asOf, type ParsedAsOf } from '../input/moment.js';
import type { PolicyState } from '../policy/policy-state.js';
import type { UnmetDefault } from '../policy/rejections.js';
import { isYes } from '../input/yes.js';

/** What a command is decided by that is neither in it nor in the policy. */
export interface PolicyFacts {
  /** The identity providers named that do not exist; none where there is no directory to ask. */
  readonly unknownIdentityProviders: ReadonlySet<IdentityProviderId>;
  /** For a revert: the owner's own policy as it was at the moment. For a customization: the default as it is now. */
  readonly model?: LoginPolicy;
  /** With the guard on, for a command after or before which an organization has no policy of its own: the default. */
  readonly fallback?: LoginPolicy;
  /** The warnings that the caller knows of and wants the command all the same. */
  readonly acknowledged?: readonly LockOut[];
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

/** Where policies are looked up that a command is decided by. */
export interface PolicyLookUps {
  /** The owner's own policy as its events have it now. */
  latest(owner: Owner, deadline: Deadline): Promise<PolicyState>;
  /** As it was at a moment. */
  past(owner: Owner, asOf: ParsedAsOf, deadline: Deadline): Promise<PolicyState>;
}

/** Whom to ask for facts. */
export interface FactProviders {
  readonly identityProviders: IdentityProviderDirectory | undefined;
  readonly guard: Guard;
  readonly policies: () => PolicyLookUps;
}

/** Looks up what commands of login policies have to know: which identity providers exist, what a policy is or was. */
export function policyFacts(providers: FactProviders): FactSource<LoginPolicyCommand, PolicyFacts, CommandConditions> {
  const { guard, identityProviders, policies } = providers;
  return {
    isNeededFor: (command, conditions) =>
      MODELLED.includes(command.type) ||
      (identityProviders !== undefined && namedIn(command).length > 0) ||
      (guard === 'refuse' && (needsFallback(command) || conditions?.acknowledge !== undefined)),
    async lookUp(streamId, command, { conditions, deadline }) {
      const owner = ownerOfStream(streamId);
      if (owner === undefined) throw new TypeError(`${streamId} is not the stream of a login policy`);
      const looked = await modelOf(command, policies(), { owner, deadline });
      const guarding = await guardingFacts(command, providers, { owner, conditions, deadline });
      if (looked === undefined)
        return { ...(await unknownOf(namedIn(command), providers, { owner, deadline })), ...guarding };
      const { policy: model, marks } = looked;
      const linked = model.stage === 'active' ? model.identityProviders : [];
      const unknown = await unknownOf(linked, providers, { owner, deadline });
      if (command.type === 'revert') return { model, ...unknown, ...guarding };
      const { ifDefaultEventId, ifDefaultSequence } = conditions ?? {};
      const byDefault = {
        ifDefaultEventId,
        ifDefaultSequence,
        sequence: lastSequenceOf(marks),
        eventId: marks?.eventId,
      };
      return { model, byDefault, ...unknown, ...guarding };
    },
  };
}

/** Commands that make a policy like another. */
const MODELLED: readonly LoginPolicyCommand['type'][] = ['revert', 'customize'];

/** Whether an organization may have no policy of its own before or after a command: then its users meet the default. */
function needsFallback({ type }: LoginPolicyCommand): boolean {
  return type === 'add' || type === 'set' || type === 'remove' || MODELLED.includes(type);
}

/** Whose policy a command is for, and how its facts are asked for. */
interface AskedFor {
  readonly owner: Owner;
  readonly deadline: Deadline;
}

async function unknownOf(
  named: readonly IdentityProvider[],
  { identityProviders }: FactProviders,
  { owner, deadline }: AskedFor,
): Promise<Pick<PolicyFacts, 'unknownIdentityProviders'>> {
  if (identityProviders === undefined) return NO_FACTS;
  const exist = await Promise.all(named.map((provider) => identityProviders.exists(owner, provider, deadline)));
  const unknown = named.filter((_, index) => !isYes(exist[index], 'identityProviders.exists'));
  return { unknownIdentityProviders: new Set(unknown.map(({ id }) => id)) };
}

/** What the guard looks at; nothing where it is off. A default that is changed while the command is written is not noticed. */
async function guardingFacts(
  command: LoginPolicyCommand,
  { guard, policies }: FactProviders,
  { owner, conditions, deadline }: AskedFor & { readonly conditions: CommandConditions | undefined },
): Promise<Pick<PolicyFacts, 'acknowledged' | 'fallback'>> {
  if (guard === 'warn') return {};
  const acknowledged = conditions?.acknowledge ?? [];
  if (!isOrganization(owner) || !needsFallback(command)) return { acknowledged };
  return { acknowledged, fallback: (await policies().latest(instanceOf(owner), deadline)).policy };
}

/** The policy that a command is to make its policy like; `undefined` for one that does not look at any. */
async function modelOf(
  command: LoginPolicyCommand,
  policies: PolicyLookUps,
  { owner, deadline }: { readonly owner: Owner; readonly deadline: Deadline },
): Promise<PolicyState | undefined> {
  if (command.type === 'customize') return policies.latest(instanceOf(owner), deadline);
  return command.type === 'revert' ? policies.past(owner, asOf(command.to, 'to'), deadline) : undefined;
}

/** The identity providers that a command would link. */
function namedIn(command: LoginPolicyCommand): readonly IdentityProvider[] {
  if (command.type === 'addIdentityProvider') return [command.identityProvider];
  return command.type === 'add' || command.type === 'set' ? (command.policy.identityProviders ?? []) : [];
}

/** A default that was changed since the caller saw it is not what they meant to keep. */
export function unmetDefault(byDefault: DefaultSeen | undefined): UnmetDefault | undefined {
  if (byDefault === undefined) return undefined;
  const { eventId, ifDefaultEventId, ifDefaultSequence, sequence } = byDefault;
  if (ifDefaultSequence !== undefined && ifDefaultSequence !== sequence)
    return { reason: 'default-sequence-not-current', expected: ifDefaultSequence, actual: sequence };
  if (ifDefaultEventId === undefined || ifDefaultEventId === eventId) return undefined;
  return { reason: 'default-event-not-current', expected: ifDefaultEventId, actual: eventId };
}
