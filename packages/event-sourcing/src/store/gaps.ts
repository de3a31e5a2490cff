import { StoreDamaged } from '../faults.js';
import type { RecordedEvent } from '../streams/event.js';

/**
 * For who reads one stream after another: a stream begins at 0 and leaves none out. `before` is the last event that came before these.
 *
 * @throws StoreDamaged naming the revision that should be there and is not.
 */
export function refuseGaps(store: string, before: RecordedEvent | undefined, events: readonly RecordedEvent[]): void {
  let last = before;
  for (const event of events) {
    const due = event.streamId === last?.streamId ? last.revision + 1n : 0n;
    if (event.revision !== due)
      throw new StoreDamaged({ store, problem: `${event.streamId} has no event at revision ${due}` });
    last = event;
  }
}
