import { accept, reject, type Decision } from '@login-policy/event-sourcing';
import type {
  AddIdentityProvider,
  AddLoginPolicy,
  IdentityProviderLink,
  LoginPolicyCommand,
  RevertTarget,
} from './commands.js';
import type {
  LoginPolicyEvent,
  MultiFactorAdded,
  MultiFactorRemoved,
  SecondFactorAdded,
  SecondFactorRemoved,
} from './events.js';
import { evolve } from './evolve.js';
import type { MultiFactor, SecondFactor } from './factors.js';
import { MOST_IDENTITY_PROVIDERS, type IdentityProviderId } from './identity-provider.js';
import type { ActivePolicy, LoginPolicy } from './login-policy.js';
import type { PolicyRejection } from './rejections.js';
import { commandsTowards } from './revert.js';
import { differing, type LoginSettingsChange } from './settings.js';

/** The events a command is granted with, or why it is refused. */
export type LoginPolicyDecision = Decision<LoginPolicyEvent, PolicyRejection>;

/**
 * What a policy answers to a command: the events to append, or the reason why not (docs/reference/login-policies.md#commands).
 *
 * Pure: the same policy and command give the same answer, whoever asks and whenever. The same rules hold for an
 * instance's policy and an organization's.
 */
export function decide(command: LoginPolicyCommand, policy: LoginPolicy): LoginPolicyDecision {
  if (command.type === 'AddLoginPolicy') return addLoginPolicy(command.data, policy);
  if (command.type === 'RevertLoginPolicy') return revertLoginPolicy(command.data.to, policy);
  if (policy.stage !== 'active') return reject({ reason: 'policy-not-found' });
  switch (command.type) {
    case 'ChangeLoginPolicy':
      return changeLoginPolicy(command.data.settings, policy);
    case 'RemoveLoginPolicy':
      return accept({ type: 'LoginPolicyRemoved', data: {} });
    case 'AddSecondFactor':
      return addFactor(policy.secondFactors, { type: 'SecondFactorAdded', data: command.data });
    case 'RemoveSecondFactor':
      return removeFactor(policy.secondFactors, { type: 'SecondFactorRemoved', data: command.data });
    case 'AddMultiFactor':
      return addFactor(policy.multiFactors, { type: 'MultiFactorAdded', data: command.data });
    case 'RemoveMultiFactor':
      return removeFactor(policy.multiFactors, { type: 'MultiFactorRemoved', data: command.data });
    case 'AddIdentityProvider':
      return addIdentityProvider(command.data, policy);
    case 'RemoveIdentityProvider':
      return removeIdentityProvider(command.data.id, policy);
  }
}

function addLoginPolicy(data: AddLoginPolicy['data'], policy: LoginPolicy): LoginPolicyDecision {
  if (policy.stage === 'active') return reject({ reason: 'policy-already-exists' });
  const count = data.identityProviders.length;
  if (count > MOST_IDENTITY_PROVIDERS) {
    const expected = `at most ${MOST_IDENTITY_PROVIDERS} identity providers`;
    return reject({ reason: 'invalid-argument', field: 'identityProviders', expected, received: String(count) });
  }
  const unknown = data.identityProviders.find(({ existence }) => existence === 'unknown');
  if (unknown !== undefined) return notFound(unknown);
  return acceptAll([
    { type: 'LoginPolicyAdded', data: { settings: data.settings } },
    ...data.secondFactors.map((factor) => ({ type: 'SecondFactorAdded', data: { factor } }) as const),
    ...data.multiFactors.map((factor) => ({ type: 'MultiFactorAdded', data: { factor } }) as const),
    ...data.identityProviders.map(identityProviderAdded),
  ]);
}

/** What differs is undone by the commands that could have been given one by one, so the same rules hold. */
function revertLoginPolicy(to: RevertTarget, policy: LoginPolicy): LoginPolicyDecision {
  if (policy.stage !== 'active') {
    return to.stage === 'active' ? addLoginPolicy(to, policy) : reject({ reason: 'policy-not-found' });
  }
  return carryOutAll(commandsTowards(to, policy), policy);
}

/** All the commands' events, each decided by what those before leave; one refusal refuses all. */
function carryOutAll(commands: readonly LoginPolicyCommand[], policy: LoginPolicy): LoginPolicyDecision {
  const events: LoginPolicyEvent[] = [];
  let current = policy;
  for (const command of commands) {
    const decision = decide(command, current);
    if (decision.outcome === 'rejected') return decision;
    for (const event of decision.events) events.push(event);
    current = decision.events.reduce(evolve, current);
  }
  return acceptAll(events);
}

/** As a list, not as arguments: of those there may only be so many, and a policy of old may have more links. */
function acceptAll(events: readonly LoginPolicyEvent[]): LoginPolicyDecision {
  return { outcome: 'accepted', events };
}

function changeLoginPolicy(change: LoginSettingsChange, policy: ActivePolicy): LoginPolicyDecision {
  const settings = differing(policy.settings, change);
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

function addIdentityProvider(link: AddIdentityProvider['data'], policy: ActivePolicy): LoginPolicyDecision {
  const { id } = link.identityProvider;
  if (isLinked(id, policy)) return reject({ reason: 'identity-provider-already-exists', id });
  const count = policy.identityProviders.length;
  if (count >= MOST_IDENTITY_PROVIDERS) {
    const expected = `one of at most ${MOST_IDENTITY_PROVIDERS} that are linked to a policy`;
    return reject({
      reason: 'invalid-argument',
      field: 'identityProvider',
      expected,
      received: `one more than ${count}`,
    });
  }
  return link.existence === 'unknown' ? notFound(link) : accept(identityProviderAdded(link));
}

function removeIdentityProvider(id: IdentityProviderId, policy: ActivePolicy): LoginPolicyDecision {
  if (!isLinked(id, policy)) return reject({ reason: 'identity-provider-not-on-policy', id });
  return accept({ type: 'IdentityProviderRemoved', data: { id } });
}

function isLinked(id: IdentityProviderId, policy: ActivePolicy): boolean {
  return policy.identityProviders.some((linked) => linked.id === id);
}

function notFound({ identityProvider }: IdentityProviderLink): LoginPolicyDecision {
  return reject({ reason: 'identity-provider-not-found', id: identityProvider.id });
}

function identityProviderAdded({ identityProvider }: IdentityProviderLink): LoginPolicyEvent {
  return { type: 'IdentityProviderAdded', data: { identityProvider } };
}
