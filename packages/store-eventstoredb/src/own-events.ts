import type { Position } from '@login-policy/event-sourcing';
import { Lru } from '@login-policy/event-sourcing/store';
import { sizeOf, type Proposal, type StoredEvent } from './rows.js';

/** The size of the cache in bytes. */
const CAPACITY = 4_000_000;
/** The overhead of a cached event in bytes. */
const FRAME = 500;

/** An event with its receipt and its size in bytes. */
interface OwnEvent {
  readonly stored: StoredEvent;
  readonly bytes: number;
}

/**
 * A cache of the events that this process recorded last. The process reads each again with all others: the position
 * identifies the event, so it need not be decoded.
 */
export class OwnEvents {
  readonly #events = new Lru<Position, OwnEvent>(CAPACITY, ({ bytes }) => FRAME + bytes);

  /** Caches acknowledged events. `proposals` are what was sent for them. */
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
