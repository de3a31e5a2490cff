import type { Owner } from '../policy/owner.js';
import type { RolloutProgress, RolloutRefusal } from './rollout-answers.js';

/** The outcome of one policy in a run. */
export type Done =
  { readonly what: 'changed' | 'unchanged' } | { readonly what: 'refused'; readonly refusal: RolloutRefusal };

/** What a run does to each policy, and to which owners beside those with a policy. */
export interface Run {
  readonly work: (owner: Owner) => Promise<Done>;
  readonly others?: AsyncIterable<Owner>;
}

/** Counts the outcomes of a run. */
export class Tally {
  readonly #of: number;
  #done = 0;
  #changed = 0;
  #refused = 0;
  #refusals: RolloutRefusal[] = [];

  constructor(of: number) {
    this.#of = of;
  }

  /** Counts a policy. */
  count(done: Done): void {
    this.#done++;
    if (done.what === 'changed') this.#changed++;
    if (done.what !== 'refused') return;
    this.#refused++;
    this.#refusals.push(done.refusal);
  }

  /** The progress so far, with the refusals since the previous call. */
  progress(): RolloutProgress {
    const refusals = this.#refusals;
    this.#refusals = [];
    const of = Math.max(this.#of, this.#done);
    return { done: this.#done, of, changed: this.#changed, refused: this.#refused, refusals };
  }
}
