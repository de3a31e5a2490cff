import {
  isFault,
  instant,
  revision,
  type UnreadableEvent,
  type EventMetadata,
  type Instant,
  type JsonObject,
  type Position,
  type RecordedEvent,
  type Revision,
  type StreamId,
} from '@login-policy/event-sourcing';
import { eventIdOf } from './event-uuid.js';
import { positionOf, storedEventOf, streamNameOf, typeOf, type StoredEvent, type WireEvent } from './rows.js';

/** A record of the whole log as it came. What it holds is read when somebody wants it, and once for all who do. */
export class LogRecord {
  readonly streamName: string;
  readonly type: string;
  readonly position: Position;
  readonly #wire: WireEvent;
  #stored: StoredEvent | undefined;

  constructor(wire: WireEvent) {
    this.#wire = wire;
    this.streamName = streamNameOf(wire);
    this.type = typeOf(wire);
    this.position = positionOf(wire);
  }

  /** The id in the form the server gives it. */
  get uuid(): string {
    return this.#wire.getId()?.getString() ?? '';
  }

  /** How many bytes it holds. */
  get size(): number {
    return this.#wire.getData_asU8().length + this.#wire.getCustomMetadata_asU8().length;
  }

  /** The event in it; one that was not written by this library stands there as one that can't be read. */
  stored(streamId: StreamId): StoredEvent {
    this.#stored ??= this.#read(streamId);
    return this.#stored;
  }

  #read(streamId: StreamId): StoredEvent {
    try {
      return storedEventOf(this.#wire, streamId);
    } catch (error) {
      if (!isFault(error, 'unreadable-event')) throw error;
      return { event: new ForeignEvent(this.#wire, error), receipt: undefined };
    }
  }
}

/**
 * An event of somebody else in a stream of this store. It is handed out in its place, so that those who read everything can go
 * on: no codec knows its schema version, so it makes its own stream unreadable and no other.
 */
class ForeignEvent implements RecordedEvent {
  readonly id: RecordedEvent['id'];
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly position: Position;
  readonly recordedAt: Instant;
  readonly type: string;
  readonly schemaVersion = 0;
  readonly #fault: UnreadableEvent;

  constructor(wire: WireEvent, fault: UnreadableEvent) {
    this.id = eventIdOf(wire.getId()?.getString() ?? '');
    this.streamId = fault.facts.streamId;
    this.revision = revision(BigInt(wire.getStreamRevision()));
    this.position = positionOf(wire);
    // The server counts in 100 ns.
    this.recordedAt = instant(Number(BigInt(wire.getMetadataMap().get('created') ?? '0') / 10_000n));
    this.type = fault.facts.type;
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
