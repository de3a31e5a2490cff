import type { Position, StreamId } from '@login-policy/event-sourcing';
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

  /** @throws UnreadableEvent when it was not written by this library. */
  stored(streamId: StreamId): StoredEvent {
    this.#stored ??= storedEventOf(this.#wire, streamId);
    return this.#stored;
  }
}
