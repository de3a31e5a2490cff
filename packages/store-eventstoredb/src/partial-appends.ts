import type { Position, RecordedEvent } from '@login-policy/event-sourcing';
import { followedInAppend } from '@login-policy/event-sourcing/store';
import { Fault, Lru } from '@login-policy/event-sourcing/values';
import { faultyEvent } from './faulty-event.js';
import type { StoredEvent } from './record-codec.js';

/**
 * Appends of which only the first events are in the log. A server may return an append like this for some milliseconds.
 * If the rest is missing for `stallMs`, it is regarded as cut off: a program that copies events has stopped half-way.
 */
export class PartialAppends {
  readonly #stallMs: number;
  readonly #incompleteSince = new Lru<Position, number>(1000);

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /**
   * Whether the append that begins with this event is cut off. Call it when the append is incomplete at the end of the
   * log. The first call starts the time.
   */
  isCutOff(first: Position): boolean {
    const since = this.#incompleteSince.get(first);
    if (since === undefined) this.#incompleteSince.set(first, performance.now());
    return since !== undefined && performance.now() - since >= this.#stallMs;
  }
}

/** Whether `next` is the next event of the same append. */
export function isFollowedBy({ append, streamId }: RecordedEvent, next: RecordedEvent | undefined): boolean {
  if (append === undefined || next?.append === undefined) return false;
  return append.place + 1 === next.append.place && streamId === next.streamId;
}

/** Whether consecutive events are a whole append. */
export function isWhole(run: readonly StoredEvent[]): boolean {
  const [first, last] = [run[0]?.event, run.at(-1)?.event];
  return last !== undefined && followedInAppend(last) === 0 && (first?.append?.place ?? 1) === 1;
}

/**
 * Replaces the events of an incomplete append by unreadable ones in the same places. Only their own stream becomes
 * unreadable.
 */
export function asUnreadable(run: readonly StoredEvent[]): readonly StoredEvent[] {
  return run.map(({ event }) => ({ event: faultyEvent(event, partialAppendFault(event)), receipt: undefined }));
}

/** The fault for a read of the stream of an incomplete append. */
export function partialAppendFault(event: RecordedEvent): Fault<'unreadable-event'> {
  const { streamId, revision, type, schemaVersion, append = { place: 1, count: 1 } } = event;
  const problem = `only a part of its append is there: it is event ${append.place} of ${append.count}`;
  return new Fault('unreadable-event', { streamId, revision, type, schemaVersion, problem });
}
