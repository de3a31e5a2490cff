import type { SubscriptionMessage } from './event-store.js';
import type { RecordedEvent } from './event.js';
import { yieldToLoop } from '../yield-to-loop.js';
import { laterPosition, type Position } from './position.js';

/** What a store found when it looked for the next events after a position. */
export interface ReadAhead {
  readonly events: readonly RecordedEvent[];
  /** All events up to here have been looked at; those the filter wants are in `events`. */
  readonly considered: Position;
  /** Whether that was the end of the store. */
  readonly isHead: boolean;
}

/** How a store that is read, not told, looks for more. */
export interface Source {
  readAhead(after: Position): Promise<ReadAhead>;
  /** Resolves when there may be more; asked before the store is read, so that nothing slips in between. */
  changed(signal: AbortSignal): Promise<void>;
}

/**
 * A subscription made of reads: each event once and in order, because the next read starts where the last one ended,
 * and at the reader's pace, because it is only made when he asks.
 */
export function subscribeByReading(
  source: Source,
  after: Position,
  signal: AbortSignal | undefined,
): AsyncIterable<SubscriptionMessage> {
  return {
    [Symbol.asyncIterator]() {
      const left = new AbortController();
      const leave = (): void => left.abort();
      if (signal?.aborted === true) leave();
      signal?.addEventListener('abort', leave, { once: true });
      left.signal.addEventListener('abort', () => signal?.removeEventListener('abort', leave), { once: true });
      const messages = readOn(source, after, left);
      return {
        next: () => messages.next(),
        // A generator that waits can't hear that its reader is gone: it is woken first.
        return: () => {
          leave();
          return messages.return();
        },
      };
    },
  };
}

async function* readOn(
  source: Source,
  after: Position,
  left: AbortController,
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  let reached = after;
  let announced: Position | undefined;
  let change: Promise<void> | undefined;
  try {
    while (!left.signal.aborted) {
      const ahead = await source.readAhead(reached);
      reached = laterPosition(reached, ahead.considered);
      if (ahead.events.length > 0) yield { kind: 'events', events: ahead.events, position: reached };
      if (left.signal.aborted) continue;
      if (!ahead.isHead) {
        // Who catches up with a long log keeps nobody else waiting.
        await yieldToLoop();
        continue;
      }
      if (change === undefined) {
        change = source.changed(left.signal);
        continue;
      }
      if (announced === undefined || reached > announced) {
        announced = reached;
        yield { kind: 'caught-up', position: reached };
      }
      await change;
      change = undefined;
    }
  } finally {
    left.abort();
  }
}
