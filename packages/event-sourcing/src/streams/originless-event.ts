import type { EventId } from '../ids.js';
import type { Instant } from '../instant.js';
import type { EventMetadata, PlaceInAppend, RecordedEvent } from './event.js';
import type { JsonObject } from './json.js';
import type { Position } from './position.js';
import type { Revision } from './revision.js';
import type { StreamId } from './stream-id.js';

/** What is left of a recorded event without its origin. */
export type WithoutOrigin = Omit<RecordedEvent, 'id' | 'metadata'>;

/** A recorded event whose origin was left out, for a reader who said that he never looks at it. */
export class OriginlessEvent implements RecordedEvent {
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly position: Position;
  readonly recordedAt: Instant;
  readonly schemaVersion: number;
  readonly type: string;
  readonly data: JsonObject;
  declare readonly append?: PlaceInAppend;

  constructor({ streamId, revision, position, recordedAt, schemaVersion, type, data, append }: WithoutOrigin) {
    this.streamId = streamId;
    this.revision = revision;
    this.position = position;
    this.recordedAt = recordedAt;
    this.schemaVersion = schemaVersion;
    this.type = type;
    this.data = data;
    if (append !== undefined) this.append = append;
  }

  /** @throws Error always: it was left out. */
  get id(): EventId {
    throw leftOut('id');
  }

  /** @throws Error always: it was left out. */
  get metadata(): EventMetadata {
    throw leftOut('metadata');
  }
}

function leftOut(member: string): Error {
  return new Error(`the ${member} of this event was left out, because its reader said that he never looks at it`);
}
