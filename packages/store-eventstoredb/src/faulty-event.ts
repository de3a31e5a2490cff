import type {
  EventMetadata,
  Instant,
  JsonObject,
  Position,
  RecordedEvent,
  Revision,
  StreamId,
} from '@login-policy/event-sourcing';
import type { UnreadableEvent } from '@login-policy/event-sourcing/store';

/** What is known of an event that can't be read. */
export type EventAround = Pick<RecordedEvent, 'id' | 'position' | 'recordedAt' | 'revision' | 'streamId' | 'type'>;

/**
 * An event that can't be read. It is handed out in its place, so that those who read everything can go on: no codec knows its schema
 * version, so it makes its own stream unreadable and no other.
 */
export class FaultyEvent implements RecordedEvent {
  readonly id: RecordedEvent['id'];
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly position: Position;
  readonly recordedAt: Instant;
  readonly type: string;
  readonly schemaVersion = 0;
  readonly #fault: UnreadableEvent;

  constructor(around: EventAround, fault: UnreadableEvent) {
    this.id = around.id;
    this.streamId = around.streamId;
    this.revision = around.revision;
    this.position = around.position;
    this.recordedAt = around.recordedAt;
    this.type = around.type;
    this.#fault = fault;
  }

  /** @throws UnreadableEvent always. */
  get data(): JsonObject {
    throw this.#fault;
  }

  /** @throws UnreadableEvent always. */
  get metadata(): EventMetadata {
    throw this.#fault;
  }
}
