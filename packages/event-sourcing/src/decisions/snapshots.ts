import { Lru } from '../store/lru.js';
import type { RecordedEvent } from '../streams/event.js';
import type { StreamId } from '../streams/stream-id.js';
import type { StateAt } from './state-at.js';
import type { Wanted } from './state-reader.js';

const EVERY = 1000;
const MOST = 10_000;

interface Snapshot<State> {
  readonly at: StateAt<State>;
  readonly event: RecordedEvent;
}

/**
 * States that were come by while long streams were folded, one after each thousand events, for the next look at their past. They are in
 * memory only, and whoever begins with one compares it with the stream.
 */
export class Snapshots<State> {
  /** In the order of the stream: the n-th, from 0 on, is after (n + 1) × 1000 events. */
  readonly #kept = new Lru<StreamId, readonly Snapshot<State>[]>(MOST, ({ length }) => length);

  /** Cuts events that come one after another in a stream behind those after which a state is to be kept. */
  partsOf(page: readonly RecordedEvent[]): readonly (readonly RecordedEvent[])[] {
    const [first] = page;
    if (first === undefined) return [];
    const parts: (readonly RecordedEvent[])[] = [];
    let end = EVERY - (Number(first.revision) % EVERY);
    for (let start = 0; start < page.length; start = end, end += EVERY) {
      parts.push(page.slice(start, end));
    }
    return parts;
  }

  /** Keeps the state after an event, where one is to be kept and those before it are. */
  keep(at: StateAt<State>, event: RecordedEvent): void {
    if ((Number(event.revision) + 1) % EVERY !== 0) return;
    const before = this.#kept.get(event.streamId) ?? [];
    if (event.revision + 1n === BigInt((before.length + 1) * EVERY))
      this.#kept.set(event.streamId, [...before, { at, event }]);
  }

  /** The last state kept of a stream whose event is wanted. */
  latest(streamId: StreamId, isWanted: Wanted): StateAt<State> | undefined {
    const kept = this.#kept.get(streamId) ?? [];
    let [low, high] = [0, kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const snapshot = kept[middle];
      if (snapshot !== undefined && isWanted(snapshot.event)) low = middle + 1;
      else high = middle;
    }
    return kept[low - 1]?.at;
  }

  /** Forgets what is kept of a stream: it is not as it was. */
  forget(streamId: StreamId): void {
    this.#kept.delete(streamId);
  }
}
