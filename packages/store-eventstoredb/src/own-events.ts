import type { Position } from '@login-policy/event-sourcing';
import { Lru } from '@login-policy/event-sourcing/store';
import { sizeOf, type Proposal, type StoredEvent } from './rows.js';

/** So many bytes of events are kept. */
const CAPACITY = 4_000_000;
/** What an event weighs beside its bytes. */
const FRAME = 500;

/** An event with the receipt it carries, and how many bytes it went out as. */
interface OwnEvent {
  readonly stored: StoredEvent;
  readonly bytes: number;
}

/**
 * The events this process recorded last. Each comes back to it with all others: it is known by its position, which
 * names the very event, and need not be read once more.
 */
export class OwnEvents {
  readonly #events = new Lru<Position, OwnEvent>(CAPACITY, ({ bytes }) => FRAME + bytes);

  /** Takes note of what was acknowledged, and of what went out for it. */
  note(events: readonly StoredEvent[], proposals: readonly Proposal[]): void {
    for (const [index, stored] of events.entries()) {
      const proposal = proposals[index];
      if (proposal !== undefined) this.#events.set(stored.event.position, { stored, bytes: sizeOf(proposal) });
    }
  }

  /** The event at a position, if it was recorded here. */
  at(position: Position): StoredEvent | undefined {
    return this.#events.get(position)?.stored;
  }
}
