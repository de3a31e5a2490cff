import { instant, isFault, revision, type Position, type StreamId } from '@login-policy/event-sourcing';
import type { UnreadableEvent } from '@login-policy/event-sourcing/store';
import { eventIdOf } from './event-uuid.js';
import { FaultyEvent, type EventAround } from './faulty-event.js';
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
      return { event: new FaultyEvent(aroundOf(this.#wire, error), error), receipt: undefined };
    }
  }
}

/** What the server says of an event of somebody else in a stream of this store. */
function aroundOf(wire: WireEvent, { facts }: UnreadableEvent): EventAround {
  return {
    id: eventIdOf(wire.getId()?.getString() ?? ''),
    streamId: facts.streamId,
    revision: revision(BigInt(wire.getStreamRevision())),
    position: positionOf(wire),
    // The server counts in 100 ns.
    recordedAt: instant(Number(BigInt(wire.getMetadataMap().get('created') ?? '0') / 10_000n)),
    type: facts.type,
  };
}
