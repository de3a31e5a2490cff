import { signal } from '@preact/signals';
import type { Details } from '../wire/details.js';
import { keyOf, type Scope } from '../wire/scope.js';

/** What a change of this page answered, and what the next read said. By the law they are equal. */
export interface Answered {
  readonly onManipulation: Details;
  readonly onRead: Details;
}

const kept = signal<ReadonlyMap<string, Answered>>(new Map());

/** The last change this page made to a policy; `undefined` when it made none. */
export function answeredOf(scope: Scope): Answered | undefined {
  return kept.value.get(keyOf(scope));
}

/** Remembers what a change answered, and what the next read said. */
export function keepAnswer(scope: Scope, answered: Answered): void {
  kept.value = new Map(kept.value).set(keyOf(scope), answered);
}

/** Forgets what a policy's last change answered: somebody else changed it since. */
export function forgetAnswer(scope: Scope): void {
  const others = new Map(kept.value);
  others.delete(keyOf(scope));
  kept.value = others;
}

/** Forgets every answer. */
export function forgetAnswers(): void {
  kept.value = new Map();
}
