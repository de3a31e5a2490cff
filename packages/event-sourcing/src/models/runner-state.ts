import { Fault } from '../values/fault.js';
import { isFault } from '../values/is-fault.js';
import { demandSignal, firstToAbort } from '../values/on-abort.js';
import type { Trouble } from '../streams/event-store.js';
import type { Position } from '../values/position.js';

/** The state of a runner. */
export type RunnerState =
  /** The rows have not reached the head since the runner began. Nothing is read from them until they do. */
  | { readonly is: 'catching-up' }
  | { readonly is: 'following' }
  /** The store is unavailable. It is retried after growing pauses of up to 5 s. */
  | ({ readonly is: 'retrying' } & Trouble)
  /** An event could not be reduced, or access was denied: see `why`. This holds only for this checkpoint. */
  | { readonly is: 'stopped'; readonly why: unknown; readonly at: Position | undefined }
  | { readonly is: 'closed' };

/** The states of a runner, until it is closed. */
export class RunnerStates {
  readonly #projection: string;
  readonly #trouble: () => Trouble | undefined;
  #now: RunnerState;

  /** `trouble` is that of the store of the events. */
  constructor(projection: string, now: RunnerState, trouble: () => Trouble | undefined) {
    this.#projection = projection;
    this.#trouble = trouble;
    this.#now = now;
  }

  /** As callers see it. The store itself retries the reads of an initial build, so it is asked until the build ends. */
  get seen(): RunnerState {
    const trouble = this.#now.is === 'catching-up' ? this.#trouble() : undefined;
    return trouble === undefined ? this.#now : { is: 'retrying', ...trouble };
  }

  get now(): RunnerState {
    return this.#now;
  }

  become(state: RunnerState): void {
    if (this.#now.is !== 'closed') this.#now = state;
  }

  /** The store does not answer. Keeps the time of the first failure. */
  retry(fault: Fault): void {
    const since = this.#now.is === 'retrying' ? this.#now.since : new Date();
    this.become({ is: 'retrying', since, fault });
  }

  /** The rows are no longer at the head. */
  fallBehind(): void {
    if (this.#now.is === 'following') this.become({ is: 'catching-up' });
  }

  /**
   * Whether the rows have moved past the checkpoint of the stop, so that another runner has fixed the cause. Throws the
   * cause while they are still there.
   */
  hasMoved(reached: Position | undefined): boolean {
    if (this.#now.is === 'stopped' && this.#now.at === reached) throw this.#now.why;
    return this.#now.is === 'stopped';
  }

  /** @throws StoreClosed once it is closed. */
  refuseWhenClosed(): void {
    if (this.#now.is === 'closed') throw this.closed();
  }

  /** Works until `given` fires, or the runner's own signal, `closing`. @throws StoreClosed */
  async untilClosed<Result>(
    closing: AbortSignal,
    given: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    this.refuseWhenClosed();
    demandSignal(given);
    const { forget, signal } = firstToAbort(closing, given);
    try {
      return await work(signal);
    } catch (caught) {
      throw isFault(caught, 'deadline-exceeded') && closing.aborted ? this.closed() : caught;
    } finally {
      forget();
    }
  }

  /** The fault of calls after the close. */
  closed(): Fault<'store-closed'> {
    return new Fault('store-closed', { store: `the read model ${this.#projection}` });
  }
}
