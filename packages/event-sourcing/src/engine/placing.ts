import { Fault } from '../values/fault.js';
import type { Instant } from '../values/instant.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { ordinalOf, positionOf, type Position } from '../values/position.js';
import { meetsExpectation, revisionAfter } from '../values/revision.js';

/** The look-up results that decide where an append is placed. */
export interface StreamFound {
  /** The last event of the stream; `undefined` without events. */
  readonly last: Pick<RecordedEvent, 'id' | 'revision'> | undefined;
  /** The last event of the stream in `expectedElsewhere`; `undefined` without events. */
  readonly lastElsewhere: Pick<RecordedEvent, 'id'> | undefined;
  /** Whether there is a receipt under the append's key. */
  readonly hasReceipt: boolean;
}

/**
 * Why an append is refused there, by the rules of `EventStore.append` and in their order; `undefined` when it may be
 * written.
 */
export function refusalOf(append: Append, { last, lastElsewhere, hasReceipt }: StreamFound): Error | undefined {
  const { streamId, events, receipt, expected, expectedElsewhere, expectedEventId } = append;
  if (receipt !== undefined && hasReceipt) return new Fault('receipt-exists', { streamId, key: receipt.key });
  const isAsExpected = expectedEventId === undefined || expectedEventId === last?.id;
  if (!isAsExpected || !meetsExpectation(expected, last?.revision))
    return new Fault('revision-conflict', { streamId, expected, actual: last?.revision });
  if (events.length === 0 && last === undefined)
    return new RangeError(`an append without events needs a stream with events, but ${streamId} has none`);
  if (expectedElsewhere === undefined || expectedElsewhere.eventId === lastElsewhere?.id) return undefined;
  const { streamId: elsewhere, eventId: wanted } = expectedElsewhere;
  return new Fault('other-stream-changed', { streamId: elsewhere, expected: wanted, actual: lastElsewhere?.id });
}

/** The place of an append's events. */
export interface Placing {
  /** The last event of the stream before them; `undefined` in an empty stream. */
  readonly last: Pick<RecordedEvent, 'revision'> | undefined;
  /** The position of the last event of the log before them. */
  readonly head: Position;
  readonly recordedAt: Instant;
}

/**
 * The events of a checked append as every later read returns them, with their list frozen. A position combines the
 * event's number in the log with the last part of its id, so that a position from before a restore is not taken for one
 * of the restored log.
 */
export function recordedEvents(append: Append, { last, head, recordedAt }: Placing): readonly RecordedEvent[] {
  const { streamId, events } = append;
  const count = events.length;
  const ordinalBefore = ordinalOf(head);
  let revision = last?.revision;
  const recorded: RecordedEvent[] = [];
  for (const [index, event] of events.entries()) {
    const { id, type, schemaVersion, data, metadata } = event;
    revision = revisionAfter(revision);
    const whole = {
      id,
      streamId,
      revision,
      position: positionOf(ordinalBefore + BigInt(index + 1), id),
      recordedAt,
      schemaVersion,
      type,
      data,
      metadata,
    };
    const place = { place: index + 1, count };
    recorded.push(Object.freeze(count === 1 ? whole : { ...whole, append: Object.freeze(place) }));
  }
  return Object.freeze(recorded);
}
