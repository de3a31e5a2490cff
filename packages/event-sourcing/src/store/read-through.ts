import { isFault } from '../values/is-fault.js';
import type { SubscriptionMessage } from '../streams/following.js';
import type { RecordedEvent } from '../streams/event.js';
import { laterPosition, START, type Position } from '../values/position.js';
import { yieldToLoop } from '../values/yield-to-loop.js';

/** The next events after a position. */
export interface ReadAhead {
  /** Whole appends. */
  readonly events: readonly RecordedEvent[];
  /** All events up to here were scanned; those that pass the filter are in `events`. */
  readonly scannedUpTo: Position;
  /** Whether `scannedUpTo` was the head of the store. */
  readonly reachedHead: boolean;
  /**
   * When the store was asked for its head, by `performance.now()`; `-Infinity` when it was not asked. Default: when
   * this read began.
   */
  readonly askedAt?: number;
}

/** Reads the next events after a position. */
export type Reader = (after: Position) => Promise<ReadAhead>;

/** A read that its signal has ended returns no events instead of an error, because its caller has left. */
function emptyWhenAborted(read: Reader, signal: AbortSignal | undefined): Reader {
  return async (after) => {
    try {
      return await read(after);
    } catch (caught) {
      if (!isAborted(signal) || !isFault(caught, 'deadline-exceeded')) throw caught;
      return { events: [], scannedUpTo: after, reachedHead: true };
    }
  };
}

/** Implements `EventStore.readAll` by reading page after page. It yields to the event loop in between. */
export async function* readThrough(
  reader: Reader,
  after: Position = START,
  signal?: AbortSignal,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const read = emptyWhenAborted(reader, signal);
  let reached = after;
  while (!isAborted(signal)) {
    const { events, scannedUpTo, reachedHead } = await read(reached);
    if (isAborted(signal)) return;
    reached = scannedUpTo;
    if (events.length > 0) yield events;
    if (reachedHead) return;
    await yieldToLoop();
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** What a catch-up subscription reads. */
export interface Followed {
  readonly reader: Reader;
  /** Resolves when there may be more events, or when the signal fires. */
  readonly changed: (signal: AbortSignal) => Promise<void>;
  readonly after: Position | undefined;
}

/**
 * Implements `EventStore.subscribe`: reads up to the head, waits for a change, and reads on from there. Every subscriber
 * reads for itself, each page from where the last one ended, so that it gets each event once and in order.
 */
export async function* catchUpSubscription(
  { reader, changed, after = START }: Followed,
  left: AbortController,
): AsyncGenerator<SubscriptionMessage, void, undefined> {
  const { signal } = left;
  const read = emptyWhenAborted(reader, signal);
  let [reached, announced]: [Position, Position | undefined] = [after, undefined];
  try {
    while (!signal.aborted) {
      // Begins before the store is read, so that no change is missed.
      const change = changed(signal);
      for (let isAtHead = false; !isAtHead && !signal.aborted;) {
        const now = performance.now();
        const { askedAt = now, events, reachedHead, scannedUpTo } = await read(reached);
        if (signal.aborted) return;
        isAtHead = reachedHead;
        reached = laterPosition(reached, scannedUpTo);
        if (events.length > 0) yield { kind: 'events', events, position: reached };
        if (isAtHead && (announced === undefined || reached > announced)) {
          announced = reached;
          yield { kind: 'caught-up', position: reached, askedAt };
        }
        // Catching up with a long log must not block the event loop.
        if (!isAtHead) await yieldToLoop();
      }
      await change;
    }
  } finally {
    left.abort();
  }
}
