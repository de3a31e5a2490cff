import { accept, type Decider, instantToIso, reject } from '@login-policy/event-sourcing';
import type { Moment } from '../input/moment.js';
import type { LoginPolicyCommand, PolicyToAdd } from './commands.js';
import type {
  LoginPolicyEvent,
  MultiFactorAdded,
  MultiFactorRemoved,
  SecondFactorAdded,
  SecondFactorRemoved,
} from '../policy/events.js';
import { evolveAll } from '../policy/evolve.js';
import { guarded } from './guard.js';
import type { MultiFactor, SecondFactor } from '../policy/factors.js';
import {
  MOST_IDENTITY_PROVIDERS,
  type IdentityProvider,
  type IdentityProviderId,
} from '../policy/identity-provider.js';
import { ABSENT, type ActivePolicy, type LoginPolicy } from '../policy/login-policy.js';
import { type OwnerKind, ownerIn, ownerKindOf } from '../policy/owner.js';
import { refusedArgument, type PolicyRejection } from '../policy/rejections.js';
import { boundToDefault, defaultIn, changedOwn } from './seen.js';
import { commandsTowards, linksTowards, recordable, withTold } from './revert.js';
import { applyChange, defaultSettings, differenceFrom, type LoginSettingsChange } from '../policy/settings.js';
import { type Guard, NO_FACTS, type PolicyFacts, type Circumstances, type LoginPolicyDecision } from './decision.js';
import { type PolicyState, NO_POLICY, evolveState } from '../policy/policy-state.js';

/**
 * The answer to a command: events to append, or the reason for a refusal (docs/reference/login-policies.md#commands).
 *
 * Pure: the same policy, command and circumstances give the same answer.
 *
 * @throws TypeError for a revert, or a copy of the default policy, without that policy among the facts.
 */
export function decide(
  command: LoginPolicyCommand,
  policy: LoginPolicy,
  circumstances: Circumstances,
): LoginPolicyDecision {
  const decision = boundToDefault(decideByRules(command, policy, circumstances), policy, circumstances);
  return circumstances.guard === 'refuse' ? guarded(decision, policy, circumstances) : decision;
}

function decideByRules(
  command: LoginPolicyCommand,
  policy: LoginPolicy,
  circumstances: Circumstances,
): LoginPolicyDecision {
  if (command.type === 'add') return addLoginPolicy(command.policy, policy, circumstances);
  if (command.type === 'set') return setLoginPolicy(command.policy, policy, circumstances);
  if (command.type === 'customize') return recordable(customizeLoginPolicy(policy, circumstances));
  if (command.type === 'revert') return recordable(revertLoginPolicy(command, policy, circumstances));
  if (policy.stage !== 'active') return reject({ reason: 'policy-not-found' });
  switch (command.type) {
    case 'change':
      return changeLoginPolicy(command.settings, policy);
    case 'remove':
      return circumstances.owner === 'instance'
        ? onlyOfOrganizations()
        : accept({ type: 'LoginPolicyRemoved', data: {} });
    case 'addSecondFactor':
      return addFactor(policy.secondFactors, { type: 'SecondFactorAdded', data: { factor: command.factor } });
    case 'removeSecondFactor':
      return removeFactor(policy.secondFactors, { type: 'SecondFactorRemoved', data: { factor: command.factor } });
    case 'addMultiFactor':
      return addFactor(policy.multiFactors, { type: 'MultiFactorAdded', data: { factor: command.factor } });
    case 'removeMultiFactor':
      return removeFactor(policy.multiFactors, { type: 'MultiFactorRemoved', data: { factor: command.factor } });
    case 'addIdentityProvider':
      return addIdentityProvider(command.identityProvider, policy, circumstances);
    case 'removeIdentityProvider':
      return removeIdentityProvider(command.id, policy);
  }
}

function addLoginPolicy(
  added: PolicyToAdd,
  policy: LoginPolicy,
  { owner, facts = NO_FACTS }: Circumstances,
): LoginPolicyDecision {
  if (policy.stage === 'active') return reject({ reason: 'policy-already-exists' });
  const { secondFactors = [], multiFactors = [], identityProviders = [] } = added;
  const count = identityProviders.length;
  if (count > MOST_IDENTITY_PROVIDERS) {
    const expected = `at most ${MOST_IDENTITY_PROVIDERS} identity providers`;
    return reject({ reason: 'invalid-argument', field: 'identityProviders', expected, received: String(count) });
  }
  const foreign = identityProviders.findIndex((provider) => isForeign(provider, owner));
  if (foreign !== -1) return notForInstances(`identityProviders[${foreign}]`);
  const unknown = identityProviders.find(({ id }) => facts.unknownIdentityProviders.has(id));
  if (unknown !== undefined) return reject({ reason: 'identity-provider-not-found', id: unknown.id });
  return acceptAll([
    { type: 'LoginPolicyAdded', data: { settings: applyChange(defaultSettings, added.settings ?? {}) } },
    ...secondFactors.map((factor) => ({ type: 'SecondFactorAdded', data: { factor } }) as const),
    ...multiFactors.map((factor) => ({ type: 'MultiFactorAdded', data: { factor } }) as const),
    ...identityProviders.map(identityProviderAdded),
  ]);
}

/** A new custom policy is as the default in what is not named: nothing else changes for these users. */
function setLoginPolicy(told: PolicyToAdd, policy: LoginPolicy, circumstances: Circumstances): LoginPolicyDecision {
  if (policy.stage === 'active') return turnInto(withTold(told, policy), policy, circumstances);
  const model = circumstances.owner === 'organization' ? defaultIn(circumstances) : ABSENT;
  return addLoginPolicy(model.stage === 'active' ? withTold(told, model) : told, policy, circumstances);
}

/** No further checks: a policy that is in force for the instance is valid for the organization, too. */
function customizeLoginPolicy(policy: LoginPolicy, circumstances: Circumstances): LoginPolicyDecision {
  if (circumstances.owner === 'instance') return onlyOfOrganizations();
  if (policy.stage === 'active') return reject({ reason: 'policy-already-exists' });
  const model = defaultIn(circumstances);
  if (model.stage === 'absent') return reject({ reason: 'default-policy-not-found' });
  return addLoginPolicy(model, policy, circumstances);
}

/** Turns the policy back by the individual commands that a caller could give, so the same rules apply. */
function revertLoginPolicy(
  { to }: { readonly to: Moment },
  policy: LoginPolicy,
  circumstances: Circumstances,
): LoginPolicyDecision {
  const { owner, facts } = circumstances;
  const then = facts?.model;
  if (then === undefined) throw new TypeError('a revert is decided by what the policy was then');
  if (then.stage === 'absent' && owner === 'instance') return notYetThere(to);
  if (policy.stage === 'active') return turnInto(then, policy, circumstances);
  return then.stage === 'active' ? decideByRules({ type: 'add', policy: then }, policy, circumstances) : noPolicy();
}

/** Identity providers are unlinked without a decision, because all of them are on the policy. */
function turnInto(then: LoginPolicy, policy: ActivePolicy, circumstances: Circumstances): LoginPolicyDecision {
  const decision = carryOutAll(commandsTowards(then, policy), policy, circumstances);
  if (decision.outcome === 'rejected' || then.stage === 'absent') return decision;
  const { kept, off, on } = linksTowards(then, policy);
  const linking = on.map((identityProvider) => ({ type: 'addIdentityProvider', identityProvider }) as const);
  const linked = carryOutAll(linking, { ...policy, identityProviders: kept }, circumstances);
  if (linked.outcome === 'rejected') return linked;
  const unlinked = off.map(({ id }): LoginPolicyEvent => ({ type: 'IdentityProviderRemoved', data: { id } }));
  return acceptAll([...decision.events, ...unlinked, ...linked.events]);
}

/** The events of all commands, each decided on the state the previous ones leave. One refusal refuses all. */
function carryOutAll(
  commands: readonly LoginPolicyCommand[],
  policy: LoginPolicy,
  circumstances: Circumstances,
): LoginPolicyDecision {
  const events: LoginPolicyEvent[] = [];
  let current = policy;
  for (const command of commands) {
    const decision = decideByRules(command, current, circumstances);
    if (decision.outcome === 'rejected') return decision;
    for (const event of decision.events) events.push(event);
    current = evolveAll(current, decision.events, circumstances.owner);
  }
  return acceptAll(events);
}

/** An array: an older policy may hold more links than a call takes arguments. */
function acceptAll(events: readonly LoginPolicyEvent[]): LoginPolicyDecision {
  return { outcome: 'accepted', events };
}

function changeLoginPolicy(change: LoginSettingsChange, policy: ActivePolicy): LoginPolicyDecision {
  const settings = differenceFrom(policy.settings, change);
  return settings === undefined ? accept() : accept({ type: 'LoginPolicyChanged', data: { settings } });
}

function addFactor(
  onPolicy: readonly (SecondFactor | MultiFactor)[],
  added: SecondFactorAdded | MultiFactorAdded,
): LoginPolicyDecision {
  const { factor } = added.data;
  return onPolicy.includes(factor) ? reject({ reason: 'factor-already-exists', factor }) : accept(added);
}

function removeFactor(
  onPolicy: readonly (SecondFactor | MultiFactor)[],
  removed: SecondFactorRemoved | MultiFactorRemoved,
): LoginPolicyDecision {
  const { factor } = removed.data;
  return onPolicy.includes(factor) ? accept(removed) : reject({ reason: 'factor-not-on-policy', factor });
}

function addIdentityProvider(
  provider: IdentityProvider,
  policy: ActivePolicy,
  { owner, facts = NO_FACTS }: Circumstances,
): LoginPolicyDecision {
  const { id } = provider;
  if (isForeign(provider, owner)) return notForInstances('identityProvider');
  if (isLinked(id, policy)) return reject({ reason: 'identity-provider-already-exists', id });
  const count = policy.identityProviders.length;
  if (count >= MOST_IDENTITY_PROVIDERS) {
    const expected = `one of at most ${MOST_IDENTITY_PROVIDERS} that are linked to a policy`;
    const received = `one more than ${count}`;
    return reject({ reason: 'invalid-argument', field: 'identityProvider', expected, received });
  }
  if (facts.unknownIdentityProviders.has(id)) return reject({ reason: 'identity-provider-not-found', id });
  return accept(identityProviderAdded(provider));
}

function removeIdentityProvider(id: IdentityProviderId, policy: ActivePolicy): LoginPolicyDecision {
  if (!isLinked(id, policy)) return reject({ reason: 'identity-provider-not-on-policy', id });
  return accept({ type: 'IdentityProviderRemoved', data: { id } });
}

function isLinked(id: IdentityProviderId, policy: ActivePolicy): boolean {
  return policy.identityProviders.some((linked) => linked.id === id);
}

/** An instance can't link an organization's provider: every organization would see it as "its own". */
function isForeign({ ownerType }: IdentityProvider, owner: OwnerKind): boolean {
  return owner === 'instance' && ownerType === 'ORG';
}

function notForInstances(field: string): LoginPolicyDecision {
  return reject(refusedArgument(`${field}.ownerType`, 'one of SYSTEM', 'ORG'));
}

function onlyOfOrganizations(): LoginPolicyDecision {
  return reject(refusedArgument('owner.organizationId', 'an organization of the instance', undefined));
}

function identityProviderAdded(identityProvider: IdentityProvider): LoginPolicyEvent {
  return { type: 'IdentityProviderAdded', data: { identityProvider } };
}

function noPolicy(): LoginPolicyDecision {
  return reject({ reason: 'policy-not-found' });
}

/** An instance's policy can't be removed, so it can't be reverted to before it existed. */
function notYetThere(to: Moment): LoginPolicyDecision {
  const expected = 'a moment at which the instance had its policy';
  if ('sequence' in to) return reject(refusedArgument('to.sequence', expected, to.sequence));
  if ('position' in to) return reject(refusedArgument('to.position', expected, to.position));
  return reject(refusedArgument('to.instant', expected, instantToIso(to.instant)));
}

type LoginPolicyDecider = Decider<LoginPolicyCommand, LoginPolicyEvent, PolicyState, PolicyRejection, PolicyFacts>;

/** The rules of a login policy for the command handler: {@link decide} and {@link evolveState}. */
export const loginPolicyDecider: LoginPolicyDecider = guardingDecider('warn');

/** The same rules with a guard that warns or refuses. */
export function guardingDecider(guard: Guard): LoginPolicyDecider {
  return {
    initial: NO_POLICY,
    evolve: evolveState,
    decide(command, state, { streamId, facts }) {
      const changed = facts?.seen && changedOwn(ownerIn(streamId), state, facts);
      if (changed !== undefined) return reject(changed);
      return decide(command, state.policy, { owner: ownerKindOf(streamId), facts, guard });
    },
  };
}
