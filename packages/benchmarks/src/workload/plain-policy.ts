import type { Json } from '@login-policy/event-sourcing';
import { FACTOR } from './factor.js';
import type { PlainEvent } from './plain-events.js';

/** A login policy as a program without any library would hold it, with what its details are made of. */
export interface PlainPolicy {
  readonly settings: Json | undefined;
  readonly secondFactors: readonly string[];
  readonly multiFactors: readonly string[];
  readonly sequence: number;
  readonly createdAt: number;
  readonly changedAt: number;
}

/** Of a stream without events. */
export const noPolicy: PlainPolicy = {
  settings: undefined,
  secondFactors: [],
  multiFactors: [],
  sequence: 0,
  createdAt: 0,
  changedAt: 0,
};

/**
 * The policy after an event, never in place: what the peers get as their reducer. Whole literals and plain loops, no
 * spread, which is several times as slow.
 */
export function evolvePlain(policy: PlainPolicy, event: PlainEvent, at: number): PlainPolicy {
  const { settings, secondFactors, multiFactors, createdAt } = policy;
  const sequence = policy.sequence + 1;
  const changedAt = at;
  switch (event.type) {
    case 'LoginPolicyAdded': {
      const added = event.data['settings'];
      return { settings: added, secondFactors: [], multiFactors: [], sequence, createdAt: at, changedAt };
    }
    case 'SecondFactorAdded': {
      const after = including(secondFactors, event.data.factor);
      return { settings, secondFactors: after, multiFactors, sequence, createdAt, changedAt };
    }
    case 'MultiFactorAdded': {
      const after = including(multiFactors, event.data.factor);
      return { settings, secondFactors, multiFactors: after, sequence, createdAt, changedAt };
    }
    case 'MultiFactorRemoved': {
      const left = without(multiFactors, event.data.factor);
      return { settings, secondFactors, multiFactors: left, sequence, createdAt, changedAt };
    }
  }
}

/** The list with one more at its end. */
export function including(list: readonly string[], one: string): readonly string[] {
  const after = list.slice();
  after.push(one);
  return after;
}

/** The list without one. */
export function without(list: readonly string[], one: string): readonly string[] {
  const left: string[] = [];
  for (const other of list) if (other !== one) left.push(other);
  return left;
}

/** A policy that is folded in place: the fastest that can be done by hand. */
export interface PolicyInPlace {
  settings: Json | undefined;
  secondFactors: string[];
  multiFactors: string[];
  sequence: number;
  createdAt: number;
  changedAt: number;
}

/** A new {@link PolicyInPlace}. */
export function emptyPolicy(): PolicyInPlace {
  return { ...noPolicy, secondFactors: [], multiFactors: [] };
}

/** Folds an event into the policy. */
export function foldInPlace(policy: PolicyInPlace, event: PlainEvent, at: number): void {
  policy.sequence += 1;
  policy.changedAt = at;
  switch (event.type) {
    case 'LoginPolicyAdded':
      policy.settings = event.data['settings'];
      policy.createdAt = at;
      return;
    case 'SecondFactorAdded':
      policy.secondFactors.push(event.data.factor);
      return;
    case 'MultiFactorAdded':
      policy.multiFactors.push(event.data.factor);
      return;
    case 'MultiFactorRemoved':
      policy.multiFactors.splice(policy.multiFactors.indexOf(event.data.factor), 1);
  }
}

/** What the policy answers to the command to take its multi-factor off, or to put it on: in turns. */
export function decidePlain(policy: PlainPolicy | PolicyInPlace, round: number): PlainEvent {
  const isOn = policy.multiFactors.includes(FACTOR);
  if (isOn !== (round % 2 === 0)) throw new Error(`the multi-factor is ${isOn ? 'on' : 'off'} in round ${round}`);
  return { type: isOn ? 'MultiFactorRemoved' : 'MultiFactorAdded', data: { factor: FACTOR } };
}
