import { CommandHandler, type ProjectionRunner } from '@login-policy/event-sourcing';
import type { Deadline, StateAt } from '@login-policy/event-sourcing/domain';
import { loginPolicyEvents } from '../events/event-codec.js';
import type { LoginPolicyEvent } from '../events/events.js';
import { SNAPSHOT_EVERY, snapshotKey, stateInRow, type LoginPolicyRow } from '../login-policy-projection.js';
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

/**
 * The sources of a handler beside the events: snapshots, which it compares with the events, and policies that a command
 * copies.
 */
interface Sources {
  readonly rows: ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>['rows'];
  readonly policies: () => PolicyLookUps;
  readonly counting: CountingSources;
}

/** Makes the command handler of the login policies in a store. */
export function policyHandler(
  { guard = 'warn', identityProviders, ids, keptStates, observe, store }: LoginPoliciesOptions,
  { counting, policies, rows }: Sources,
): PolicyHandler {
  const stateUnder = async (key: string, deadline: Deadline): Promise<StateAt<PolicyState> | undefined> =>
    stateInRow((await rows.read([key], deadline)).rows.get(key));
  const facts = policyFacts({ guard, identityProviders, policies });
  return new CommandHandler({
    eventStore: store.eventStore,
    decider: guardingDecider(guard),
    observe,
    events: loginPolicyEvents,
    facts: guard === 'refuse' && counting.people !== undefined ? withPeople(facts, { ...counting, policies }) : facts,
    remembered: {
      every: SNAPSHOT_EVERY,
      latest: (stream, deadline) => stateUnder(stream, deadline),
      after: (stream, last, deadline) => stateUnder(snapshotKey(stream, last), deadline),
    },

    ids,
    keptStates,
  });
}
