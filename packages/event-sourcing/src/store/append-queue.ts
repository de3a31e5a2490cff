import { DeadlineExceeded, StoreClosed } from '../faults.js';
import { tell, type Observe } from '../observe.js';
import { onAbort } from '../on-abort.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { encodedAppend, type EncodedAppend } from './checked-append.js';

/** How an append ended. */
export type Outcome = { readonly recorded: readonly RecordedEvent[] } | { readonly refused: unknown };

/** An append whose group is being written. */
export interface Queued {
  readonly append: EncodedAppend;
  /** Whether its caller has given up: then it need not be written. */
  readonly isGivenUp: boolean;
  /** To be called when it is written, and not before: till then its caller may give up. `false` when they have. */
  begin(): boolean;
}

/** How appends wait, and who writes them. */
export interface AppendQueueOptions {
  /** The store, for faults to say. */
  readonly store: string;
  /** A group has at most so many appends, and so many characters of JSON, but for an append that is larger by itself. */
  readonly most: { readonly appends: number; readonly size: number };
  /** Resolves when those who append at the same time have said so. */
  readonly gather: () => Promise<void>;
  /** Is told how many appends a group had. */
  readonly observe?: Observe | undefined;
  /** Writes a group in one transaction, and says how each of its appends ended. What it rejects with is the end of all of them. */
  readonly write: (group: readonly Queued[]) => Promise<readonly Outcome[]>;
}

/**
 * Lets appends that wait at the same time share a transaction (group commit): while one group is written the next one gathers.
 * One append alone waits for nobody. A caller that waits may give up by its signal; once it is being written an append is carried through.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #waiting = new Set<Waiting>();
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  /** What `EventStore.append` promises. */
  async append(append: Append): Promise<readonly RecordedEvent[]> {
    if (this.#isClosed) throw this.#closed();
    const encoded = encodedAppend(append);
    const outcome = await new Promise<Outcome>((resolve) => {
      const waiting = new Waiting(encoded, resolve);
      this.#waiting.add(waiting);
      waiting.listen(() => this.#waiting.delete(waiting));
      this.#running ??= this.#run();
    });
    if ('refused' in outcome) throw outcome.refused;
    return outcome.recorded;
  }

  /** Lets the group that is being written end, and refuses all that wait and all that come. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiting of this.#waiting) waiting.settle({ refused: this.#closed() });
    this.#waiting.clear();
    await this.#running;
  }

  async #run(): Promise<void> {
    await this.#options.gather();
    for (let group = this.#nextGroup(); group.length > 0; group = this.#nextGroup()) {
      const outcomeOf = await this.#written(group);
      for (const [index, waiting] of group.entries()) waiting.settle(outcomeOf(index));
      await this.#options.gather();
    }
    this.#running = undefined;
  }

  async #written(group: readonly Waiting[]): Promise<(index: number) => Outcome> {
    try {
      const outcomes = await this.#options.write(group);
      tell(this.#options.observe, { type: 'group', appends: group.length });
      return (index) => outcomes[index] ?? { refused: new TypeError('an append of a group was not answered') };
    } catch (refused) {
      return () => ({ refused });
    }
  }

  #nextGroup(): readonly Waiting[] {
    const { appends, size: largest } = this.#options.most;
    const group: Waiting[] = [];
    let size = 0;
    for (const waiting of this.#waiting) {
      size += waiting.append.size;
      if (group.length === appends || (group.length > 0 && size > largest)) break;
      this.#waiting.delete(waiting);
      group.push(waiting);
    }
    return group;
  }

  #closed(): StoreClosed {
    return new StoreClosed({ store: this.#options.store });
  }
}

class Waiting implements Queued {
  readonly append: EncodedAppend;
  readonly #resolve: (outcome: Outcome) => void;
  #isGivenUp = false;
  #stopListening = (): void => undefined;

  constructor(append: EncodedAppend, resolve: (outcome: Outcome) => void) {
    this.append = append;
    this.#resolve = resolve;
  }

  listen(leave: () => void): void {
    this.#stopListening = onAbort(this.append.signal, () => {
      this.#isGivenUp = true;
      leave();
      this.#resolve({ refused: givenUp(this.append) });
    });
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  begin(): boolean {
    this.#stopListening();
    return !this.#isGivenUp;
  }

  settle(outcome: Outcome): void {
    this.#stopListening();
    this.#resolve(outcome);
  }
}

function givenUp({ streamId }: Pick<Append, 'streamId'>): DeadlineExceeded {
  return new DeadlineExceeded({ doing: `appending to ${streamId}` });
}
