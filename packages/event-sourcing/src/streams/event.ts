import type { EventId } from '../ids.js';
import type { Instant } from '../instant.js';
import type { JsonObject } from './json.js';
import type { Position } from './position.js';
import type { Revision } from './revision.js';
import type { StreamId } from './stream-id.js';

/** The least that makes an event: a literal tag that says what happened, and the facts of it. */
export interface EventShape {
  readonly type: string;
  readonly data: object;
}

/** Who asked for the change an event records, in which conversation, and why (docs/reference/events.md). */
export interface EventMetadata {
  /** Who did it: a user's or a machine's id. */
  readonly actor: string;
  /** The same for everything that one request set off. */
  readonly correlationId: string;
  /** The id of what directly caused it: an event, a message, a job. */
  readonly causationId?: string;
  /** The caller's name for this very command; repeated, it writes nothing (docs/guarantees.md). */
  readonly idempotencyKey?: string;
  /** Why, in the actor's words. */
  readonly reason?: string;
}

/** An event on its way into a store: encoded, named, not yet placed. */
export interface NewEvent {
  readonly id: EventId;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: JsonObject;
  readonly metadata: EventMetadata;
}

/** What recording adds to an event. The same in the answer to the append and in every later read, on every store. */
export interface RecordedFacts {
  readonly id: EventId;
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly position: Position;
  /** When it was recorded. Never earlier than the event before it in its stream, whatever the clock did. */
  readonly recordedAt: Instant;
  readonly schemaVersion: number;
  readonly metadata: EventMetadata;
  /** Which of the events of its append it is. Left out where it is the only one. */
  readonly append?: PlaceInAppend;
}

/** One of several events that were recorded together: `place` 1 to `count`. */
export interface PlaceInAppend {
  readonly place: number;
  readonly count: number;
}

/** The place of the n-th of so many events, from 0 on; `undefined` of a single one. For stores. */
export function placeInAppend(index: number, count: number): PlaceInAppend | undefined {
  return count === 1 ? undefined : { place: index + 1, count };
}

/** How many events of its append come after this one: 0 for the last, behind which a page may end. */
export function followedInAppend({ append }: Pick<RecordedFacts, 'append'>): number {
  return append === undefined ? 0 : append.count - append.place;
}

/** An event as a store holds it: its data is JSON in the schema version it was written with. */
export interface RecordedEvent extends RecordedFacts {
  readonly type: string;
  readonly data: JsonObject;
}

/** A recorded event as the domain knows it: decoded, in today's shape. Switch on `type` to narrow it. */
export type Recorded<Event extends EventShape> = Event extends EventShape ? Event & RecordedFacts : never;
