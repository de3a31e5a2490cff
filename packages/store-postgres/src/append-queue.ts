import { DeadlineExceeded, StoreClosed } from '@login-policy/event-sourcing';
import type { Outcome, PreparedAppend } from './append.js';
import type { RecordedEvent } from '@login-policy/event-sourcing';

/** Writes a group of appends in one transaction and says how each ended. What it throws is the end of all of them. */
export type WriteGroup = (batch: readonly PreparedAppend[]) => Promise<readonly Outcome[]>;

interface Waiting {
  readonly prepared: PreparedAppend;
  readonly settle: (outcome: Outcome) => void;
}

const LARGEST_GROUP = 256;
const LARGEST_TEXT = 8_000_000;

/**
 * Lets appends that wait at the same time share a transaction: while one group is being written the next one gathers.
 * One append alone waits for nobody.
 */
export class AppendQueue {
  readonly #store: string;
  readonly #write: WriteGroup;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(store: string, write: WriteGroup) {
    this.#store = store;
    this.#write = write;
  }

  /** Waits for its turn and for the end of its transaction. */
  async append(prepared: PreparedAppend): Promise<readonly RecordedEvent[]> {
    if (this.#isClosed) throw new StoreClosed({ store: this.#store });
    const outcome = await this.#turn(prepared);
    if ('refused' in outcome) throw outcome.refused;
    return outcome.recorded;
  }

  /** Lets the group that is being written end, and refuses all that wait. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { settle } of this.#waiting.splice(0)) settle({ refused: new StoreClosed({ store: this.#store }) });
    await this.#running;
  }

  #turn(prepared: PreparedAppend): Promise<Outcome> {
    const { signal, streamId } = prepared.append;
    return new Promise((resolve) => {
      const giveUp = (): void => {
        const place = this.#waiting.indexOf(waiting);
        if (place === -1) return;
        this.#waiting.splice(place, 1);
        waiting.settle({ refused: new DeadlineExceeded({ doing: `appending to ${streamId}` }) });
      };
      const waiting: Waiting = {
        prepared,
        settle: (outcome) => {
          signal?.removeEventListener('abort', giveUp);
          resolve(outcome);
        },
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiting);
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    await whenAllIsSaid();
    for (let group = this.#nextGroup(); group.length > 0; group = this.#nextGroup()) {
      const outcomes = await this.#outcomes(group);
      for (const [index, { settle }] of group.entries()) settle(outcomes(index));
      await whenAllIsSaid();
    }
    this.#running = undefined;
  }

  async #outcomes(group: readonly Waiting[]): Promise<(index: number) => Outcome> {
    try {
      const outcomes = await this.#write(group.map(({ prepared }) => prepared));
      return (index) => outcomes[index] ?? { refused: new TypeError('an append of a group was not answered') };
    } catch (refused) {
      return () => ({ refused });
    }
  }

  #nextGroup(): readonly Waiting[] {
    let count = 0;
    for (let size = 0; count < this.#waiting.length && count < LARGEST_GROUP; count++) {
      size += this.#waiting[count]?.prepared.size ?? 0;
      if (count > 0 && size > LARGEST_TEXT) break;
    }
    return this.#waiting.splice(0, count);
  }
}

/**
 * After all that is ready now: who was just answered may append again, and joins the next group. Not after the next look at
 * sockets and timers, which an append alone would wait for in vain.
 */
function whenAllIsSaid(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
