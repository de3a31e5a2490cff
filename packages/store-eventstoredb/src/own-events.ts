import type { Position, RecordedEvent } from '@login-policy/event-sourcing';
import { Lru } from '@login-policy/event-sourcing/store';
import { sizeOf, type Proposal } from './rows.js';

/** So many bytes of events are kept. */
const CAPACITY = 4_000_000;
/** What an event weighs beside its bytes. */
const FRAME = 500;

/** An event, and how many bytes it went out as. */
interface OwnEvent {
  readonly event: RecordedEvent;
  readonly bytes: number;
}

/**
 * The events this process recorded last. Each comes back to it with all others: it is known by its position, which names the very event, and
 * need not be read once more.
 */
export class OwnEvents {
  readonly #events = new Lru<Position, OwnEvent>(CAPACITY, ({ bytes }) => FRAME + bytes);

  /** Takes note of what was acknowledged, and of what went out for it. */
  note(recorded: readonly RecordedEvent[], proposals: readonly Proposal[]): void {
    for (const [index, event] of recorded.entries()) {
      const proposal = proposals[index];
      if (proposal !== undefined) this.#events.set(event.position, { event, bytes: sizeOf(proposal) });
    }
  }

  /** The event at a position, if it was recorded here. */
  at(position: Position): RecordedEvent | undefined {
    return this.#events.get(position)?.event;
  }
}
