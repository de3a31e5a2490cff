import { Fault } from '../fault.js';
import type { Instant } from '../instant.js';
import type { Append } from '../streams/event-store.js';
import { placeInAppend, type NewEvent, type RecordedEvent } from '../streams/event.js';
import type { Position } from '../streams/position.js';
import { meetsExpectation, revisionAfter, type Revision } from '../streams/revision.js';

/** The look-up results that decide where an append is placed. */
export interface StreamFound {
  /** The last event of the stream; `undefined` without events. */
  readonly last: Pick<RecordedEvent, 'id' | 'revision'> | undefined;
  /** Whether there is a receipt under the append's key. */
  readonly hasReceipt: boolean;
}

/**
 * Why an append is refused there, by the rules of `EventStore.append` and in their order; `undefined` when it may be
 * written.
 */
export function refusalOf(append: Append, { last, hasReceipt }: StreamFound): Error | undefined {
  const { streamId, events, receipt, expected, expectedEventId } = append;
  if (receipt !== undefined && hasReceipt) return new Fault('receipt-exists', { streamId, key: receipt.key });
  const isAsExpected = expectedEventId === undefined || expectedEventId === last?.id;
  if (!isAsExpected || !meetsExpectation(expected, last?.revision))
    return new Fault('revision-conflict', { streamId, expected, actual: last?.revision });
  if (events.length > 0 || last !== undefined) return undefined;
  return new RangeError(`an append without events needs a stream with events, but ${streamId} has none`);
}

/** The place of an append's events. */
export interface Placing {
  /** The last event of the stream before them; `undefined` in an empty stream. */
  readonly after: Revision | undefined;
  readonly recordedAt: Instant;
  /** The position of the n-th event, counted from 0. */
  readonly position: (index: number, event: NewEvent) => Position;
}

/** The events of a checked append as every later read returns them, with their list frozen. */
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
