import { pause } from '../decisions/back-off.js';
import { Fault } from '../faults.js';
import { ProjectionStopped } from './projection-faults.js';
import type { EventShape } from '../streams/event.js';
import type { Projector } from './projector.js';

/** What a runner is doing. `stopped`: an event could not be reduced, or the program has a defect; see `failure`. */
export type RunnerState = 'following' | 'stopped' | 'closed';

/**
 * Runs a projector in the background for as long as the program wants: a store that is away is tried again and again,
 * with growing pauses; a projection that stops stays stopped, and says why, until it is resumed.
 */
export class ProjectionRunner<Event extends EventShape, Row> {
  readonly #projector: Projector<Event, Row>;
  readonly #ending = new AbortController();
  #state: RunnerState = 'stopped';
  #failure: unknown;
  #running: Promise<void> = Promise.resolve();

  constructor(projector: Projector<Event, Row>) {
    this.#projector = projector;
    this.resume();
  }

  get state(): RunnerState {
    return this.#state;
  }

  /** Why it stopped: a `ProjectionStopped` that names the event, or whatever else was thrown. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Goes on from where it stopped, once the cause is mended. Does nothing while it follows or after it was closed. */
  resume(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'following';
    this.#failure = undefined;
    this.#running = this.#run();
  }

  /** Lets the transaction under way end, then stops for good. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let attempt = 1; !this.#ending.signal.aborted; attempt++) {
      try {
        await this.#projector.follow(this.#ending.signal);
      } catch (caught) {
        if (this.#ending.signal.aborted) return;
        if (!(caught instanceof Fault && caught.retryable) || caught instanceof ProjectionStopped) {
          this.#failure = caught;
          this.#state = 'stopped';
          return;
        }
        await pause(attempt);
      }
    }
  }
}
