import { CommandHandler, type Consumer, type ProjectionRunner, type Store } from '@login-policy/event-sourcing';
import type { CommandOptions, CommandConditions } from './commands/command-input.js';
import type { CommandInput, LoginPolicyCommand } from './commands/commands.js';
import type { Owner } from './policy/owner.js';
import type { OrganizationList } from './reads/affected.js';
import type { CommandAnswer } from './reads/answers.js';
import type { Calls } from './calls.js';
import type { InstancePolicies } from './reads/instance-policies.js';
import type { PolicyReader } from './reads/policy-reader.js';
import type { CountingSources } from './sign-in/count-people.js';
import type { LoginPolicyEvent } from './policy/events.js';
import type { PolicyState } from './policy/policy-state.js';
import type { PolicyRejection } from './policy/rejections.js';
import type { PolicyFacts } from './commands/decision.js';
import { type PolicyLookUps, policyFacts } from './commands/facts.js';
import type { LoginPoliciesOptions } from './login-policies-options.js';
import { guardingDecider } from './commands/decide.js';
import { loginPolicyEvents } from './policy/event-codec.js';
import { withPeople } from './commands/people-facts.js';
import { stateInRow, type LoginPolicyRow } from './login-policy-projection.js';

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
  readonly rows: PolicyRows;
}

/** The stored rows of policies. */
type PolicyRows = ProjectionRunner<LoginPolicyEvent, LoginPolicyRow>['rows'];

/** How long a command waits for a row that it can do without. */
const ROW_WAIT_MS = 1000;

/** Makes the command handler of the login policies in a store. */
export function policyHandler(
  { guard = 'warn', identityProviders, ids, keptStates, observe, store }: LoginPoliciesOptions,
  { counting, policies, rows }: Sources,
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
    storedState: async (streamId, deadline) => {
      const read = deadline.atMost(ROW_WAIT_MS).during((inTime) => rows.read([streamId], inTime));
      // Without the row, the events are folded.
      return stateInRow((await read.catch(() => undefined))?.rows.get(streamId));
    },
  });
}

/** What the guests of this package are built on: rollouts, previews and changes. The core imports none of them. */
export interface PolicyParts {
  readonly store: Store;
  readonly calls: Calls;
  readonly handler: PolicyHandler;
  readonly policies: PolicyReader;
  readonly instancePolicies: InstancePolicies;
  /** Lists the organizations of an instance, if the program can. */
  readonly organizations: OrganizationList | undefined;
  readonly counting: CountingSources;
  /** Whether the guard refuses. */
  readonly isGuarded: boolean;
  /** The consumers that closing the policies closes. */
  readonly consumers: Set<Consumer>;
  /** As `LoginPolicies.execute`, also with the options that only a guest may give. */
  readonly execute: (owner: Owner, command: CommandInput, options: CommandOptions) => Promise<CommandAnswer>;
}

const partsByPolicies = new WeakMap<object, PolicyParts>();

/** Remembers the parts of opened policies. */
export function notePartsOf(policies: object, parts: PolicyParts): void {
  partsByPolicies.set(policies, parts);
}

/**
 * The parts of opened policies, for the call of a guest.
 *
 * @throws TypeError for anything but what `openLoginPolicies` returned, such as a promise of it.
 */
export function partsOf(policies: object, call: string): PolicyParts {
  const parts = typeof policies === 'object' && policies !== null ? partsByPolicies.get(policies) : undefined;
  if (parts !== undefined) return parts;
  throw new TypeError(`${call}: policies must be what openLoginPolicies returned`);
}
