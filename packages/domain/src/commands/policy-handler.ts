import { CommandHandler } from '@login-policy/event-sourcing';
import { loginPolicyEvents } from '../events/event-codec.js';
import type { LoginPolicyEvent } from '../events/events.js';
import type { LoginPoliciesOptions } from '../open-login-policies.js';
import { type PolicyLookUps, policyFacts, type PolicyFacts } from './facts.js';
import { withPeople } from './people-facts.js';
import type { CountingSources } from '../sign-in/count-people.js';
import type { CommandConditions } from './command-input.js';
import type { LoginPolicyCommand } from './commands.js';
import { guardingDecider } from './decider.js';
import type { PolicyState } from '../policy/policy-state.js';
import type { PolicyRejection } from '../policy/rejections.js';

/** The command handler of login policies. */
export type PolicyHandler = CommandHandler<
  LoginPolicyCommand,
  LoginPolicyEvent,
  PolicyState,
  PolicyRejection,
  PolicyFacts,
  CommandConditions
>;

/** The sources of a handler beside the events: policies that a command copies or compares, and people. */
interface Sources {
  readonly policies: () => PolicyLookUps;
  readonly counting: CountingSources;
}

/** Makes the command handler of the login policies in a store. */
export function policyHandler(
  { guard = 'warn', identityProviders, ids, keptStates, observe, store }: LoginPoliciesOptions,
  { counting, policies }: Sources,
): PolicyHandler {
  const facts = policyFacts({ guard, identityProviders, policies });
  return new CommandHandler({
    eventStore: store.eventStore,
    decider: guardingDecider(guard),
    observe,
    events: loginPolicyEvents,
    facts: guard === 'refuse' && counting.people !== undefined ? withPeople(facts, { ...counting, policies }) : facts,
    ids,
    keptStates,
  });
}
