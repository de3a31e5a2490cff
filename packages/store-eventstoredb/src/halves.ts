import type { Position, RecordedEvent } from '@login-policy/event-sourcing';
import { Lru, UnreadableEvent, followedInAppend, placeOf } from '@login-policy/event-sourcing/store';
import { FaultyEvent } from './faulty-event.js';
import type { StoredEvent } from './rows.js';

/**
 * Appends of which only the beginning is at the end of the log. A server shows an append so for some milliseconds; one that stays half for
 * `stallMs` never becomes whole: a program that copies events wrote it, or wrote it in part.
 */
export class Halves {
  readonly #stallMs: number;
  readonly #since = new Lru<Position, number>(1000);

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /** Whether the append that begins with this event is not going to be whole any more. To be asked when it is met half at an end. */
  isCutOff(first: Position): boolean {
    const since = this.#since.get(first);
    if (since === undefined) this.#since.set(first, performance.now());
    return since !== undefined && performance.now() - since >= this.#stallMs;
  }
}

/** Whether the event after this one is the next of the same append. */
export function isFollowedBy({ append, streamId }: RecordedEvent, next: RecordedEvent | undefined): boolean {
  if (append === undefined || next?.append === undefined) return false;
  return append.place + 1 === next.append.place && streamId === next.streamId;
}

/** Whether a run of events that follow each other is an append from its first event to its last. */
export function isWhole(run: readonly StoredEvent[]): boolean {
  const [first, last] = [run[0]?.event, run.at(-1)?.event];
  return last !== undefined && followedInAppend(last) === 0 && (first?.append?.place ?? 1) === 1;
}

/** Events of an append that is not all there. They stand in their place, and make their stream unreadable and no other. */
export function halved(run: readonly StoredEvent[]): readonly StoredEvent[] {
  return run.map(({ event }) => ({ event: new FaultyEvent(event, halfFault(event)), receipt: undefined }));
}

/** What to reject with who reads the stream of such an event. */
export function halfFault(event: RecordedEvent): UnreadableEvent {
  const count = event.append?.count ?? 1;
  const problem = `only a part of its append is there: it is event ${event.append?.place ?? 1} of ${count}`;
  return new UnreadableEvent({ ...placeOf(event), problem });
}
