import type { CommandInput } from '@login-policy/domain';
import type { JsonObject } from '@login-policy/event-sourcing';

type Link = { readonly id: string; readonly ownerType: string };

/** A login policy by hand, without any library, with what its details are made from. */
export interface PlainPolicy {
  isInForce: boolean;
  settings: JsonObject;
  secondFactors: string[];
  multiFactors: string[];
  identityProviders: Link[];
  /** Its number of events. */
  sequence: number;
  createdAt: number;
  changedAt: number;
}

/** An event, as it is stored. */
export type PlainEvent =
  | {
      readonly type: 'LoginPolicyAdded' | 'LoginPolicyChanged';
      readonly data: { readonly settings: JsonObject };
    }
  | {
      readonly type: 'SecondFactorAdded' | 'SecondFactorRemoved' | 'MultiFactorAdded' | 'MultiFactorRemoved';
      readonly data: { readonly factor: string };
    }
  | { readonly type: 'IdentityProviderAdded'; readonly data: { readonly identityProvider: Link } }
  | { readonly type: 'IdentityProviderRemoved'; readonly data: { readonly id: string } };

/** A command, its settings as JSON has them. */
export type PlainCommand =
  | {
      readonly type: 'add';
      readonly settings: JsonObject;
      readonly secondFactors: readonly string[];
      readonly multiFactors: readonly string[];
    }
  | { readonly type: 'change'; readonly settings: JsonObject }
  | Exclude<CommandInput, { readonly type: 'add' | 'change' | 'customize' | 'remove' | 'revert' | 'set' }>;

/** The policy of a stream without events. */
export function emptyPolicy(): PlainPolicy {
  return {
    isInForce: false,
    settings: {},
    secondFactors: [],
    multiFactors: [],
    identityProviders: [],
    sequence: 0,
    createdAt: 0,
    changedAt: 0,
  };
}

/** An equal copy. */
export function copyOf(policy: PlainPolicy): PlainPolicy {
  const { secondFactors, multiFactors, identityProviders } = policy;
  const lists = { secondFactors: [...secondFactors], multiFactors: [...multiFactors] };
  return { ...policy, ...lists, identityProviders: [...identityProviders] };
}

/** Folds an event into the policy in location: the fastest way by hand. */
export function fold(policy: PlainPolicy, event: PlainEvent, at: number): PlainPolicy {
  policy.sequence += 1;
  policy.changedAt = at;
  switch (event.type) {
    case 'LoginPolicyAdded':
      Object.assign(policy, { isInForce: true, settings: event.data.settings, createdAt: at });
      return policy;
    case 'LoginPolicyChanged':
      policy.settings = merged(policy.settings, event.data.settings);
      return policy;
    case 'SecondFactorAdded':
      policy.secondFactors.push(event.data.factor);
      return policy;
    case 'SecondFactorRemoved':
      policy.secondFactors.splice(policy.secondFactors.indexOf(event.data.factor), 1);
      return policy;
    case 'MultiFactorAdded':
      policy.multiFactors.push(event.data.factor);
      return policy;
    case 'MultiFactorRemoved':
      policy.multiFactors.splice(policy.multiFactors.indexOf(event.data.factor), 1);
      return policy;
    case 'IdentityProviderAdded':
      policy.identityProviders.push(event.data.identityProvider);
      return policy;
    case 'IdentityProviderRemoved':
      policy.identityProviders = policy.identityProviders.filter(({ id }) => id !== event.data.id);
      return policy;
  }
}

/** The policy's answer to a command. @throws Error when it refuses. */
export function decidePlain(command: PlainCommand, policy: PlainPolicy): PlainEvent[] {
  if (command.type === 'add') return decideAdd(command, policy);
  if (!policy.isInForce) throw new Error('policy-not-found');
  switch (command.type) {
    case 'change':
      return [{ type: 'LoginPolicyChanged', data: { settings: differing(policy.settings, command.settings) } }];
    case 'addSecondFactor':
      refuseIf(policy.secondFactors.includes(command.factor), 'factor-already-on-policy');
      return [{ type: 'SecondFactorAdded', data: { factor: command.factor } }];
    case 'removeSecondFactor':
      refuseIf(!policy.secondFactors.includes(command.factor), 'factor-not-on-policy');
      return [{ type: 'SecondFactorRemoved', data: { factor: command.factor } }];
    case 'addMultiFactor':
      refuseIf(policy.multiFactors.includes(command.factor), 'factor-already-on-policy');
      return [{ type: 'MultiFactorAdded', data: { factor: command.factor } }];
    case 'removeMultiFactor':
      refuseIf(!policy.multiFactors.includes(command.factor), 'factor-not-on-policy');
      return [{ type: 'MultiFactorRemoved', data: { factor: command.factor } }];
    case 'addIdentityProvider': {
      const { identityProvider } = command;
      refuseIf(isLinked(policy, identityProvider.id), 'identity-provider-already-on-policy');
      return [{ type: 'IdentityProviderAdded', data: { identityProvider } }];
    }
    case 'removeIdentityProvider':
      refuseIf(!isLinked(policy, command.id), 'identity-provider-not-on-policy');
      return [{ type: 'IdentityProviderRemoved', data: { id: command.id } }];
  }
}

function decideAdd(
  { settings, secondFactors, multiFactors }: Extract<PlainCommand, { readonly type: 'add' }>,
  policy: PlainPolicy,
): PlainEvent[] {
  refuseIf(policy.isInForce, 'policy-already-exists');
  return [
    { type: 'LoginPolicyAdded', data: { settings } },
    ...secondFactors.map((factor): PlainEvent => ({ type: 'SecondFactorAdded', data: { factor } })),
    ...multiFactors.map((factor): PlainEvent => ({ type: 'MultiFactorAdded', data: { factor } })),
  ];
}

function refuseIf(isRefused: boolean, reason: string): void {
  if (isRefused) throw new Error(reason);
}

function isLinked({ identityProviders }: PlainPolicy, id: string): boolean {
  return identityProviders.some((provider) => provider.id === id);
}

function differing(settings: JsonObject, change: JsonObject): JsonObject {
  const names = Object.keys(change).filter((name) => name === 'lifetimes' || change[name] !== settings[name]);
  return Object.fromEntries(names.map((name) => [name, change[name] ?? null]));
}

function merged(settings: JsonObject, change: JsonObject): JsonObject {
  const { lifetimes } = change;
  if (lifetimes === undefined) return { ...settings, ...change };
  return { ...settings, ...change, lifetimes: Object.assign({}, settings['lifetimes'], lifetimes) };
}
