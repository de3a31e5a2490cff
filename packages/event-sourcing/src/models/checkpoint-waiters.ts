import { Deadline } from '../values/deadline.js';
import { onAbort } from '../values/on-abort.js';
import type { Store } from './store.js';
import { START, type Position } from '../values/position.js';
import type { RowsAt } from './read-model-store.js';
import type { TimedReadModel } from './timed-read-model.js';

/** The outcome of a wait. */
export type WaitOutcome = 'reached' | 'timed-out' | 'given-up';

type WatchedModel = Pick<TimedReadModel<unknown>, 'checkpoint' | 'read' | 'changed'>;

interface Waiter {
  readonly position: Position;
  readonly settle: (outcome: WaitOutcome) => void;
  readonly fail: (fault: Error) => void;
}

/**
 * All callers that wait for one read model to reach a position. After a change, the checkpoint is read once for all of
 * them, and only those are woken whose position is reached. So the cost of a write does not grow with the readers.
 */
export class CheckpointWaiters {
  readonly #model: WatchedModel;
  readonly #readModelUpdates: Store['readModelUpdates'];
  readonly #waiting = new Set<Waiter>();
  /** Aborts when nobody waits any more, which ends the wait for a change; the next caller begins another. */
  #watching: AbortController | undefined;

  constructor(model: WatchedModel, readModelUpdates: Store['readModelUpdates']) {
    this.#model = model;
    this.#readModelUpdates = readModelUpdates;
  }

  /** Whether a caller waits for a position past this one. */
  awaits(beyond: Position = START): boolean {
    for (const { position } of this.#waiting) if (position > beyond) return true;
    return false;
  }

  /**
   * Waits until the read model is at a position or past it.
   *
   * @throws what reading the checkpoint threw, or what {@link fail} was called with.
   */
  until(position: Position, waitMs: number, signal?: AbortSignal): Promise<WaitOutcome> {
    return new Promise((resolve, reject) => {
      const stopWaiting = (): void => {
        clearTimeout(timer);
        stopListening();
        this.#waiting.delete(waiter);
        if (this.#waiting.size > 0) return;
        this.#watching?.abort();
        this.#watching = undefined;
      };
      const settle = (outcome: WaitOutcome): void => {
        stopWaiting();
        resolve(outcome);
      };
      const fail = (fault: Error): void => {
        stopWaiting();
        reject(fault);
      };
      const waiter = { position, settle, fail };
      const timer = setTimeout(() => settle('timed-out'), waitMs);
      let stopListening = (): void => undefined;
      this.#waiting.add(waiter);
      stopListening = onAbort(signal, () => settle('given-up'));
      if (this.#watching === undefined && this.#waiting.size > 0) this.#watch();
    });
  }

  /** Ends every wait with this fault, because the position will not be reached. */
  fail(fault: unknown): void {
    const error = fault instanceof Error ? fault : new Error(String(fault));
    for (const waiter of this.#waiting) waiter.fail(error);
  }

  /** Watches the checkpoint until nobody waits. It never rejects: failures go to the waiters. */
  #watch(): void {
    const looking = new AbortController();
    this.#watching = looking;
    this.#watchUntil(looking.signal).catch((caught: unknown) => {
      if (!looking.signal.aborted) this.fail(caught);
    });
  }

  async #watchUntil(over: AbortSignal): Promise<void> {
    const deadline = new Deadline('looking how far a read model is', { signal: over });
    while (!over.aborted) {
      // Subscribed before the look, so that a change between the two is not missed. If it fails, the next look fails
      // too.
      const change = this.#model.changed(over).catch(() => undefined);
      this.#release(await this.#reached(deadline));
      await change;
    }
  }

  async #reached(deadline: Deadline): Promise<Omit<RowsAt<unknown>, 'rows'>> {
    if (this.#readModelUpdates === 'inline') return this.#model.read([], deadline);
    return { checkpoint: await this.#model.checkpoint(deadline) };
  }

  /**
   * Rows at the head of a log in the same place can't get further: the awaited position may have been lost in a
   * failover.
   */
  #release({ checkpoint, head }: Omit<RowsAt<unknown>, 'rows'>): void {
    if (checkpoint === undefined) return;
    for (const waiter of this.#waiting)
      if (checkpoint === head || waiter.position <= checkpoint) waiter.settle('reached');
  }
}
