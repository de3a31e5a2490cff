import { signal, type ReadonlySignal } from '@preact/signals';
import { keepForPerson, recallForPerson } from './kept.js';
import type { Query } from './route.js';

/** A rollout that the signed-in user began, and that may not be done: its address. */
export type Unfinished = Query & { readonly id: string };

const NAME = 'unfinished rollouts 1';
const MOST = 20;
const kept = signal<readonly Unfinished[]>([]);

/** The rollouts that the signed-in user began in this browser, and that are not known to be done. */
export const unfinishedRollouts: ReadonlySignal<readonly Unfinished[]> = kept;

/** Stores the address of a rollout that begins. It survives a crash, because the server keeps no list. */
export function keepUnfinished(begun: Unfinished): void {
  keep([...recalled().filter(({ id }) => id !== begun.id), begun].slice(-MOST));
}

/** Forgets a rollout that is done, or was reverted. */
export function forgetUnfinished(id: string): void {
  const others = recalled().filter((one) => one.id !== id);
  if (others.length < recalled().length) keep(others);
}

/** Loads those of the signed-in user. */
export function recallUnfinished(): void {
  kept.value = recalled();
}

function keep(unfinished: readonly Unfinished[]): void {
  keepForPerson(NAME, unfinished);
  kept.value = unfinished;
}

function recalled(): readonly Unfinished[] {
  const found: unknown = recallForPerson(NAME);
  return Array.isArray(found) ? found.filter(isUnfinished) : [];
}

function isUnfinished(value: unknown): value is Unfinished {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}
