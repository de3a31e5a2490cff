import { Fault } from '../fault.js';
import { tell, type Observe } from '../observe.js';
import { onAbort } from '../on-abort.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { CheckedAppend } from '../engine/plan.js';
import { encodedAppend } from './checked-append.js';

/** The outcome of an append. */
export type Outcome = { readonly recorded: readonly RecordedEvent[] } | { readonly refused: unknown };

/** An append on its way to be written. Its caller may give up by its signal until the write begins. */
export class Queued {
  readonly append: CheckedAppend;
  #isBegun = false;

  constructor(append: CheckedAppend) {
    this.append = append;
  }

  /** Whether its caller has given up, so that it need not be written. */
  get isGivenUp(): boolean {
    return !this.#isBegun && this.append.signal?.aborted === true;
  }

  /** Called just before the write: from then on it is completed. `false` when its caller has given up. */
  begin(): boolean {
    this.#isBegun = !this.isGivenUp;
    return this.#isBegun;
  }

  /** The outcome when its caller has given up. */
  givenUp(): Outcome {
    return { refused: new Fault('deadline-exceeded', { doing: `appending to ${this.append.streamId}` }) };
  }
}

/** An append that waits for its group to be written. */
interface Waiting {
  readonly queued: Queued;
  readonly size: number;
  readonly settle: (outcome: Outcome) => void;
}

/** How appends wait, and what writes them. */
export interface AppendQueueOptions {
  /** The store's name, for faults. */
  readonly store: string;
  /** The limits of a group: appends, and characters of JSON. A single larger append is a group of its own. */
  readonly most: { readonly appends: number; readonly size: number };
  /** Resolves when all appends of the same turn of the event loop have been queued. */
  readonly gather: () => Promise<void>;
  /** Observes the size of groups. */
  readonly observe?: Observe | undefined;
  /** Writes a group in one transaction and returns each append's outcome. If it rejects, all of them do. */
  readonly write: (group: readonly Queued[]) => Promise<readonly Outcome[]>;
}

/**
 * Group commit: appends that wait at the same time share a transaction. While one group is written, the next one
 * gathers. A single append does not wait. A waiting caller may give up by its signal; once its write has begun, the
 * append is completed.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #waiting = new Set<Waiting>();
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  /** Implements `EventStore.append`. */
  async append(append: Append): Promise<readonly RecordedEvent[]> {
    if (this.#isClosed) throw this.#closed();
    const encoded = encodedAppend(append);
    const queued = new Queued(encoded);
    let stopListening = (): void => undefined;
    const outcome = await new Promise<Outcome>((settle) => {
      const waiting = { queued, size: encoded.size, settle };
      this.#waiting.add(waiting);
      stopListening = onAbort(append.signal, () => {
        if (queued.isGivenUp) settle(queued.givenUp());
        this.#waiting.delete(waiting);
      });
      this.#running ??= this.#run();
    });
    stopListening();
    if ('refused' in outcome) throw outcome.refused;
    return outcome.recorded;
  }

  /** Completes the group being written, and refuses all waiting and later appends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiting of this.#waiting) waiting.settle({ refused: this.#closed() });
    this.#waiting.clear();
    await this.#running;
  }

  async #run(): Promise<void> {
    await this.#options.gather();
    for (let group = this.#nextGroup(); group.length > 0; group = this.#nextGroup()) {
      let [outcomes, failure]: [readonly Outcome[], unknown] = [[], undefined];
      try {
        outcomes = await this.#options.write(group.map(({ queued }) => queued));
        tell(this.#options.observe, { type: 'group', appends: group.length });
      } catch (caught) {
        failure = caught;
      }
      for (const [index, { settle }] of group.entries())
        settle(outcomes[index] ?? { refused: failure ?? new TypeError('an append of a group has no outcome') });
      await this.#options.gather();
    }
    this.#running = undefined;
  }

  #nextGroup(): readonly Waiting[] {
    const { appends, size: largest } = this.#options.most;
    const group: Waiting[] = [];
    let size = 0;
    for (const waiting of this.#waiting) {
      size += waiting.size;
      if (group.length === appends || (group.length > 0 && size > largest)) break;
      this.#waiting.delete(waiting);
      group.push(waiting);
    }
    return group;
  }

  #closed(): Fault<'store-closed'> {
    return new Fault('store-closed', { store: this.#options.store });
  }
}
