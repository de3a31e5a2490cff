import type { Fault } from '../fault.js';
import { StoreClosed } from '../faults.js';
import type { Position } from '../streams/position.js';

/** What a runner is doing. */
export type RunnerState =
  /** The rows have not been at the head yet since it began; nothing is read from them until they are. */
  | { readonly is: 'catching-up' }
  | { readonly is: 'following' }
  /** The store is away; it is tried again, after longer and longer pauses up to a minute. */
  | { readonly is: 'retrying'; readonly since: Date; readonly fault: Fault }
  /** An event could not be reduced, or access was denied: see `why`. Believed only at this checkpoint. */
  | { readonly is: 'stopped'; readonly why: unknown; readonly at: Position | undefined }
  | { readonly is: 'closed' };

/** The state of a runner, which ends when it is closed. */
export class RunnerStates {
  readonly #projection: string;
  #now: RunnerState;

  constructor(projection: string, now: RunnerState) {
    this.#projection = projection;
    this.#now = now;
  }

  get now(): RunnerState {
    return this.#now;
  }

  become(state: RunnerState): void {
    if (this.#now.is !== 'closed') this.#now = state;
  }

  /** The store does not answer: since when that is so is kept. */
  retry(fault: Fault): void {
    const since = this.#now.is === 'retrying' ? this.#now.since : new Date();
    this.become({ is: 'retrying', since, fault });
  }

  /** Rows that were to be at the head are not. */
  fallBehind(): void {
    if (this.#now.is === 'following') this.become({ is: 'catching-up' });
  }

  /** Whether it stopped at another checkpoint: who moved the rows since has mended that. Throws why, where it stopped at this one. */
  hasMoved(reached: Position | undefined): boolean {
    if (this.#now.is === 'stopped' && this.#now.at === reached) throw this.#now.why;
    return this.#now.is === 'stopped';
  }

  /** @throws StoreClosed once it is closed. */
  refuseWhenClosed(): void {
    if (this.#now.is === 'closed') throw this.closed();
  }

  /** What to reject with once it is closed. */
  closed(): StoreClosed {
    return new StoreClosed({ store: `the read model ${this.#projection}` });
  }
}
