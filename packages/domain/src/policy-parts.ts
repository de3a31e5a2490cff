import type { Consumer, Store } from '@login-policy/event-sourcing';
import type { CommandInput, CommandOptions } from './commands/command-input.js';
import type { PolicyHandler } from './commands/policy-handler.js';
import type { LoginPolicies } from './login-policies.js';
import type { Owner } from './policy/owner.js';
import type { OrganizationList } from './reads/affected.js';
import type { CommandAnswer } from './reads/answers.js';
import type { Calls } from './reads/calls.js';
import type { InstancePolicies } from './reads/instance-policies.js';
import type { PolicyReader } from './reads/policy-reader.js';
import type { CountingSources } from './sign-in/count-people.js';

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

const partsByPolicies = new WeakMap<LoginPolicies, PolicyParts>();

/** Remembers the parts of opened policies. */
export function notePartsOf(policies: LoginPolicies, parts: PolicyParts): void {
  partsByPolicies.set(policies, parts);
}

/**
 * The parts of opened policies, for the call of a guest.
 *
 * @throws TypeError for anything but what `openLoginPolicies` returned, such as a promise of it.
 */
export function partsOf(policies: LoginPolicies, call: string): PolicyParts {
  const parts = typeof policies === 'object' && policies !== null ? partsByPolicies.get(policies) : undefined;
  if (parts !== undefined) return parts;
  throw new TypeError(`${call}: policies must be what openLoginPolicies returned`);
}
