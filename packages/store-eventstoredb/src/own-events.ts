import type { Position } from '@login-policy/event-sourcing';
import { Lru } from '@login-policy/event-sourcing/values';
import { sizeOf, type Proposal, type StoredEvent } from './record-codec.js';

/** The size of the cache in bytes. */
const CAPACITY = 4_000_000;
/** The overhead of a cached event in bytes. */
const OVERHEAD = 500;

/** An event with its receipt and its size in bytes. */
interface OwnEvent {
  readonly stored: StoredEvent;
  readonly bytes: number;
}

/**
 * A cache of the events that this process recorded last. When the process reads them from the log, it need not decode
 * them, because a position identifies its event.
 */
export class OwnEvents {
  readonly #events = new Lru<Position, OwnEvent>(CAPACITY, ({ bytes }) => OVERHEAD + bytes);

  /** Caches acknowledged events. `proposals` are the same events as they were sent. */
  note(events: readonly StoredEvent[], proposals: readonly Proposal[]): void {
    for (const [index, stored] of events.entries()) {
      const proposal = proposals[index];
      if (proposal !== undefined) this.#events.set(stored.event.position, { stored, bytes: sizeOf(proposal) });
    }
  }

  /** The event at a position, if this process recorded it. */
  at(position: Position): StoredEvent | undefined {
    return this.#events.get(position)?.stored;
  }
}
