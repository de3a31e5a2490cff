import type { EventId } from '../values/ids.js';
import type { Instant } from '../values/instant.js';
import type { JsonObject } from './json.js';
import type { Position } from '../values/position.js';
import type { Revision } from '../values/revision.js';
import type { StreamId } from '../values/stream-id.js';

/** The minimal shape of an event: a literal tag for what happened, and its data. */
export interface EventShape {
  readonly type: string;
  readonly data: object;
}

/** Who asked for the recorded change, in which conversation, and why (docs/reference/events.md). */
export interface EventMetadata {
  /** The id of the user or machine. */
  readonly actor: string;
  /** The same for everything that one request caused. */
  readonly correlationId: string;
  /** The id of the direct cause: an event, a message, a job. */
  readonly causationId?: string;
  /** The caller's key for this command; repeating it writes nothing (docs/guarantees.md). */
  readonly idempotencyKey?: string;
  /** The reason, in the actor's words. */
  readonly reason?: string;
  /**
   * 16 random bytes in base64url. A witness of the log hashes the actor with it, so that the actor can be erased later
   * while the history still verifies. Every command handler adds one.
   */
  readonly actorSalt?: string;
  /** The same for the reason, also where none is given, so that its hash does not tell. */
  readonly reasonSalt?: string;
  /** A witness's commitment, in place of an erased actor: the actor is then an empty text (`EventStore.erase`). */
  readonly commitmentToActor?: string;
  /** The same in place of an erased reason. */
  readonly commitmentToReason?: string;
}

/** The members of {@link EventMetadata} that may be missing. */
export const OPTIONAL_METADATA = [
  'causationId',
  'idempotencyKey',
  'reason',
  'actorSalt',
  'reasonSalt',
  'commitmentToActor',
  'commitmentToReason',
] as const;

/** An encoded event with its id, before a store has placed it. */
export interface NewEvent {
  readonly id: EventId;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: JsonObject;
  readonly metadata: EventMetadata;
}

/** What recording adds to an event. The append and every later read return the same, on every store. */
export interface RecordedFacts {
  readonly id: EventId;
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly position: Position;
  /** The time of recording, never earlier than that of the stream's previous event, whatever the clock did. */
  readonly recordedAt: Instant;
  readonly schemaVersion: number;
  readonly metadata: EventMetadata;
  /** Its place among the events of its append. Left out for a single event. */
  readonly append?: PlaceInAppend;
}

/** The place of one of several events recorded together: `place` from 1 to `count`. */
export interface PlaceInAppend {
  readonly place: number;
  readonly count: number;
}

/** The number of events of the same append that follow this one. A page may end after an event with 0. */
export function followedInAppend({ append }: Pick<RecordedFacts, 'append'>): number {
  return append === undefined ? 0 : append.count - append.place;
}

/** A stored event: its data is JSON in the schema version it was written with. */
export interface RecordedEvent extends RecordedFacts {
  readonly type: string;
  readonly data: JsonObject;
}

/** A recorded event of the domain: decoded, in the current shape. Switch on `type` to narrow it. */
export type Recorded<Event extends EventShape> = Event extends EventShape ? Event & RecordedFacts : never;

/** Metadata as callers pass it: a field may be `undefined`. */
type GivenMetadata = { readonly [Field in keyof EventMetadata]: EventMetadata[Field] | undefined } & Pick<
  EventMetadata,
  'actor' | 'correlationId'
>;

/** The metadata of an erased event: without the texts and salts of those that have a commitment, which stays. */
export function erasedMetadata(
  metadata: EventMetadata,
  { actor, reason }: { readonly actor?: string; readonly reason?: string },
): EventMetadata {
  return freezeMetadata({
    ...metadata,
    ...(actor !== undefined && { actor: '', actorSalt: undefined, commitmentToActor: actor }),
    ...(reason !== undefined && { reason: undefined, reasonSalt: undefined, commitmentToReason: reason }),
  });
}

/** The metadata's fields, copied and frozen, without undefined ones. */
export function freezeMetadata(given: GivenMetadata): EventMetadata {
  const { actor, correlationId } = given;
  const metadata: { -readonly [Field in keyof EventMetadata]: EventMetadata[Field] } = { actor, correlationId };
  for (const name of OPTIONAL_METADATA) {
    const value = given[name];
    if (value !== undefined) metadata[name] = value;
  }
  return Object.freeze(metadata);
}
