import { signal } from '@preact/signals';
import type { Details } from '../wire/details.js';
import { keyOf, type Scope } from '../wire/scope.js';

/** The details in the answer to a change made on this page, and those of the next read. They must be equal. */
export interface Answered {
  readonly onManipulation: Details;
  readonly onRead: Details;
}

const kept = signal<ReadonlyMap<string, Answered>>(new Map());

/** The last change this page made to a policy; `undefined` when it made none. */
export function answeredOf(scope: Scope): Answered | undefined {
  return kept.value.get(keyOf(scope));
}

/** Stores the answer to a change, and the result of the next read. */
export function keepAnswer(scope: Scope, answered: Answered): void {
  kept.value = new Map(kept.value).set(keyOf(scope), answered);
}

/** Drops the answer to a policy's last change, because somebody else has changed the policy since. */
export function forgetAnswer(scope: Scope): void {
  const others = new Map(kept.value);
  others.delete(keyOf(scope));
  kept.value = others;
}

/** Drops all answers. */
export function forgetAnswers(): void {
  kept.value = new Map();
}
