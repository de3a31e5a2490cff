import type {
  EventMetadata,
  Instant,
  JsonObject,
  Position,
  RecordedEvent,
  Revision,
  StreamId,
} from '@login-policy/event-sourcing';
import type { Fault } from '@login-policy/event-sourcing/values';

/** The readable facts of an unreadable event. */
export type EventAround = Pick<RecordedEvent, 'id' | 'position' | 'recordedAt' | 'revision' | 'streamId' | 'type'>;

/**
 * An event that can't be read. It keeps its place in the log, so that reads of the whole log continue past it. No codec
 * knows its schema version, so only its own stream becomes unreadable.
 */
export class FaultyEvent implements RecordedEvent {
  readonly id: RecordedEvent['id'];
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly position: Position;
  readonly recordedAt: Instant;
  readonly type: string;
  readonly schemaVersion = 0;
  readonly #fault: Fault<'unreadable-event'>;

  constructor(around: EventAround, fault: Fault<'unreadable-event'>) {
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
