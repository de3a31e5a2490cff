import type { EventId } from '@login-policy/event-sourcing';
import type { Deadline, FactSource } from '@login-policy/event-sourcing/domain';
import type { CommandConditions, DefaultConditions } from './command-input.js';
import type { Guard } from './guard.js';
import type { PeopleAffected, PeopleUnknown } from '../sign-in/people.js';
import type { Acknowledgement } from './acknowledge.js';
import type { LoginPolicyCommand } from './commands.js';
import type { IdentityProvider, IdentityProviderDirectory, IdentityProviderId } from '../policy/identity-provider.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { instanceOf, isOrganization, ownerOfStream, type Owner } from '../policy/owner.js';
import { lastSequenceOf } from '../policy/change-info.js';
import { asOf, type ParsedAsOf } from '../input/moment.js';
import { isUnreadable, type PolicyState, type UnreadableFault } from '../policy/policy-state.js';
import type { UnmetDefaultCondition } from '../policy/rejections.js';
import { answerOf } from '../input/answer-of.js';
import { isYes } from '../input/yes.js';

/** What a command's decision needs from outside the command and the policy. */
export interface PolicyFacts {
  /** The named identity providers that do not exist; empty without a directory. */
  readonly unknownIdentityProviders: ReadonlySet<IdentityProviderId>;
  /** For a revert: the owner's policy at that moment. For a customization: the current default. */
  readonly model?: LoginPolicy;
  /**
   * With the guard on: the default policy, for commands before or after which an organization may have no custom one; or
   * why it can't be read.
   */
  readonly fallback?: LoginPolicy | UnreadableFault;
  /** What the caller accepts. */
  readonly acknowledged?: readonly Acknowledgement[];
  /** With the guard on, for a command that could lock users out: the users counted. Default: no census. */
  readonly people?: CountedPeople;
  /** For a customization: the current default policy, and the one the caller saw. */
  readonly byDefault?: DefaultSeen;
}

/** The users whom a change was counted to affect. */
export interface CountedPeople {
  /** The policies that these users meet, as they were when the users were counted. */
  readonly before: LoginPolicy;
  readonly after: LoginPolicy;
  /** `undefined` if such a change locks nobody out. */
  readonly affected: PeopleAffected | PeopleUnknown | undefined;
  /** Whether the caller is among those locked out. */
  readonly isYou: boolean;
}

/** The default policy's current state, and the conditions of the caller who customizes it. */
export interface DefaultSeen extends DefaultConditions {
  /** 0 for a policy without events. */
  readonly sequence: bigint;
  readonly eventId: EventId | undefined;
}

/** The facts of a command that needs none. */
export const NO_FACTS: PolicyFacts = Object.freeze({ unknownIdentityProviders: new Set<never>() });

/** Looks up the policies that a command's decision needs. */
export interface PolicyLookUps {
  /** The owner's current policy, from its events. */
  latest(owner: Owner, deadline: Deadline): Promise<PolicyState>;
  /** The owner's policy at a moment in the past. */
  past(owner: Owner, asOf: ParsedAsOf, deadline: Deadline): Promise<PolicyState>;
}

/** The sources of facts. */
export interface FactProviders {
  readonly identityProviders: IdentityProviderDirectory | undefined;
  readonly guard: Guard;
  readonly policies: () => PolicyLookUps;
}

/** Looks up the facts for commands of login policies: which identity providers exist, what a policy is or was. */
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
      const { policy: model, changeInfo } = looked;
      const linked = model.stage === 'active' ? model.identityProviders : [];
      const unknown = await unknownOf(linked, providers, { owner, deadline });
      if (command.type === 'revert') return { model, ...unknown, ...guarding };
      const { ifDefaultEventId, ifDefaultSequence } = conditions ?? {};
      const byDefault = {
        ifDefaultEventId,
        ifDefaultSequence,
        sequence: lastSequenceOf(changeInfo),
        eventId: changeInfo?.eventId,
      };
      return { model, byDefault, ...unknown, ...guarding };
    },
  };
}

/** The commands that copy another policy. */
const MODELLED: readonly LoginPolicyCommand['type'][] = ['revert', 'customize'];

/**
 * Whether an organization may lack a custom policy before or after the command, so that the default applies to its
 * users.
 */
function needsFallback({ type }: LoginPolicyCommand): boolean {
  return type === 'add' || type === 'set' || type === 'remove' || MODELLED.includes(type);
}

/** The policy a command is for, and the context of the look-up. */
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
  const hook = 'identityProviders.exists';
  const exist = await Promise.all(
    named.map((provider) => answerOf(hook, deadline, (wait) => identityProviders.exists(owner, provider, wait))),
  );
  const unknown = named.filter((_, index) => !isYes(exist[index], hook));
  return { unknownIdentityProviders: new Set(unknown.map(({ id }) => id)) };
}

/**
 * The fallback that the guard needs; nothing while the guard is off. A change of the default during the write goes
 * unnoticed.
 */
async function guardingFacts(
  command: LoginPolicyCommand,
  { guard, policies }: FactProviders,
  { owner, conditions, deadline }: AskedFor & { readonly conditions: CommandConditions | undefined },
): Promise<Pick<PolicyFacts, 'acknowledged' | 'fallback'>> {
  if (guard === 'warn') return {};
  const acknowledged = conditions?.acknowledge ?? [];
  if (!isOrganization(owner) || !needsFallback(command)) return { acknowledged };
  const fallback = await policies()
    .latest(instanceOf(owner), deadline)
    .catch((caught: unknown) => {
      if (isUnreadable(caught)) return { policy: caught };
      throw caught;
    });
  return { acknowledged, fallback: fallback.policy };
}

/** The policy that a command copies; `undefined` for a command that copies none. */
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

/** The refusal when the default has changed since the caller saw it. */
export function unmetDefault(byDefault: DefaultSeen | undefined): UnmetDefaultCondition | undefined {
  if (byDefault === undefined) return undefined;
  const { eventId, ifDefaultEventId, ifDefaultSequence, sequence } = byDefault;
  if (ifDefaultSequence !== undefined && ifDefaultSequence !== sequence)
    return { reason: 'default-sequence-not-current', expected: ifDefaultSequence, actual: sequence };
  if (ifDefaultEventId === undefined || ifDefaultEventId === eventId) return undefined;
  return { reason: 'default-event-not-current', expected: ifDefaultEventId, actual: eventId };
}
