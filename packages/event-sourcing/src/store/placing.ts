import { ReceiptExists, RevisionConflict } from '../faults.js';
import type { Instant } from '../instant.js';
import type { Append } from '../streams/event-store.js';
import { placeInAppend, type NewEvent, type RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import { meetsExpectation, revisionAfter, type Revision } from '../streams/revision.js';

/** What a store found where an append is to go. */
export interface StreamFound {
  /** The last event of the stream; `undefined` without events. */
  readonly last: Pick<RecordedEvent, 'id' | 'revision'> | undefined;
  /** Whether there is a receipt under the append's key. */
  readonly hasReceipt: boolean;
}

/** Why an append is refused where it was to go: what `EventStore.append` promises, in its order. `undefined`: it may be written. */
export function refusalOf(append: Append, { last, hasReceipt }: StreamFound): Error | undefined {
  const { streamId, events, receipt } = append;
  if (receipt !== undefined && hasReceipt) return new ReceiptExists({ streamId, key: receipt.key });
  const conflict = conflictOf(append, last);
  if (conflict !== undefined) return conflict;
  if (events.length > 0 || last !== undefined) return undefined;
  return new RangeError(`a receipt without events needs a stream with events, and ${streamId} has none`);
}

/** What is thrown when a stream that ends with `last` is not as the writer of the append expected it. */
export function conflictOf(append: Append, last: StreamFound['last']): RevisionConflict | undefined {
  const { streamId, expected, expectedEventId } = append;
  const isAsExpected = expectedEventId === undefined || expectedEventId === last?.id;
  if (isAsExpected && meetsExpectation(expected, last?.revision)) return undefined;
  return new RevisionConflict({ streamId, expected, actual: last?.revision });
}

/** Where the events of an append stand. */
export interface Placing {
  /** The last event of the stream before them. */
  readonly after: Revision | undefined;
  readonly recordedAt: Instant;
  /** Of the n-th event, from 0 on. */
  readonly position: (index: number, event: NewEvent) => Position;
}

/** The events of an append that was checked, as every later read gives them; they and their list are frozen. */
export function recordedEvents(append: Append, { after, recordedAt, position }: Placing): readonly RecordedEvent[] {
  const { streamId, events } = append;
  let revision = after;
  const recorded = events.map((event, index): RecordedEvent => {
    const { id, type, schemaVersion, data, metadata } = event;
    revision = revisionAfter(revision);
    const place = placeInAppend(index, events.length);
    const whole = {
      id,
      streamId,
      revision,
      position: position(index, event),
      recordedAt,
      schemaVersion,
      type,
      data,
      metadata,
    };
    return Object.freeze(place === undefined ? whole : { ...whole, append: Object.freeze(place) });
  });
  return Object.freeze(recorded);
}
