import type { Position } from '@login-policy/event-sourcing';
import type { HeadProof, WaitOptions } from '@login-policy/event-sourcing/store';
import { LogEnds } from './log-ends.js';
import type { LogRecord } from './log-record.js';
import type { ReadingContext } from './server-reads.js';
import { retry } from './time.js';

/** Looks up single events of the whole log. Retries for `retryMs`. */
export class LogReader {
  readonly #context: ReadingContext;
  /** Finds the end of the log. */
  readonly ends: LogEnds;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.ends = new LogEnds(context);
  }

  /** See `EventStore.proveHead`. */
  proveHead(checkpoint: Position, { signal }: WaitOptions = {}): Promise<HeadProof> {
    return retry(this.#context, { doing: 'looking for the last event', signal }, (stopSignal) =>
      this.ends.proveHead(checkpoint, stopSignal),
    );
  }

  /**
   * As {@link proveHead}, but where any node has the event at the checkpoint, that suffices: a majority has it then.
   */
  async lookFor(checkpoint: Position): Promise<Pick<HeadProof, 'head' | 'isInLog'>> {
    const look = (signal: AbortSignal): ReturnType<LogEnds['look']> => this.ends.look(checkpoint, signal);
    const found = await retry(this.#context, { doing: 'looking for an event' }, look);
    return found.isInLog ? found : this.proveHead(checkpoint);
  }

  /** The first event of this store. */
  first(): Promise<LogRecord | undefined> {
    return this.#onLeader('looking for the first event', (signal) => this.ends.first(signal));
  }

  /** The record at a position; `undefined` when there is none. */
  at(position: Position): Promise<LogRecord | undefined> {
    return this.#onLeader('looking for an event', (signal) => this.ends.at(position, signal));
  }

  /** Asks the leader, because another node may lack the record. Retries for `retryMs`. */
  #onLeader<Found>(doing: string, ask: (signal: AbortSignal) => Promise<Found>): Promise<Found> {
    return retry(this.#context, { doing }, async (signal) => {
      await this.#context.barrier.pass(signal);
      return ask(signal);
    });
  }
}
