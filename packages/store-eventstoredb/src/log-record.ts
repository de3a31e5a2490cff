import { instant, isFault, revision, type Position, type StreamId } from '@login-policy/event-sourcing';
import { faultyEvent, type Fault } from '@login-policy/event-sourcing/values';
import { eventIdOf } from './event-uuid.js';
import { positionOf, storedEventOf, streamNameOf, typeOf, type StoredEvent, type WireEvent } from './record-codec.js';

/** A record of the whole log, as received. Its event is decoded on first use, and cached. */
export class LogRecord {
  readonly streamName: string;
  readonly type: string;
  readonly position: Position;
  readonly wire: WireEvent;
  #stored: StoredEvent | undefined;

  constructor(wire: WireEvent) {
    this.wire = wire;
    this.streamName = streamNameOf(wire);
    this.type = typeOf(wire);
    this.position = positionOf(wire);
  }

  /** The id as the server returns it. */
  get uuid(): string {
    return this.wire.getId()?.getString() ?? '';
  }

  /** The event of the record; an unreadable one if this library did not write it. */
  stored(streamId: StreamId): StoredEvent {
    this.#stored ??= this.#read(streamId);
    return this.#stored;
  }

  #read(streamId: StreamId): StoredEvent {
    try {
      return storedEventOf(this.wire, streamId);
    } catch (error) {
      if (!isFault(error, 'unreadable-event')) throw error;
      return { event: faultyEvent(aroundOf(this.wire, error), error), receipt: undefined };
    }
  }
}

/** The readable facts of an event that another program wrote to a stream of this store. */
function aroundOf(wire: WireEvent, { facts }: Fault<'unreadable-event'>): Parameters<typeof faultyEvent>[0] {
  return {
    id: eventIdOf(wire.getId()?.getString() ?? ''),
    streamId: facts.streamId,
    revision: revision(BigInt(wire.getStreamRevision())),
    position: positionOf(wire),
    // The server's timestamps are in units of 100 ns.
    recordedAt: instant(Number(BigInt(wire.getMetadataMap().get('created') ?? '0') / 10_000n)),
    type: facts.type,
  };
}
