import type { EventCodec } from '../streams/event-codec.js';
import type { EventStore } from '../streams/event-store.js';
import type { EventShape, Recorded, RecordedFacts } from '../streams/event.js';
import { START } from '../streams/position.js';
import { revisionAfter, type Revision } from '../streams/revision.js';
import type { StreamId } from '../streams/stream-id.js';
import type { StateAt } from './state-at.js';

/** What is needed to fold a stream into a state. */
export interface Fold<Event extends EventShape, State> {
  readonly events: EventCodec<Event>;
  readonly initial: State;
  evolve(state: State, event: Recorded<Event>): State;
}

/** Where a fold stops: after the last event that is still wanted. Streams are in order, so the first unwanted ends it. */
export type Wanted = (event: RecordedFacts) => boolean;

/** Folds streams of one kind into states: from the first event, or on from where a state was. */
export class StateReader<Event extends EventShape, State> {
  readonly #store: EventStore;
  readonly #fold: Fold<Event, State>;

  constructor(store: EventStore, fold: Fold<Event, State>) {
    this.#store = store;
    this.#fold = fold;
  }

  /** The state of a stream without events. */
  get nothing(): StateAt<State> {
    return { state: this.#fold.initial, revision: undefined, position: START, eventId: undefined };
  }

  /**
   * Folds in what the stream has gained since `known`; or all of it, when the stream does not hold the event `known` ends with:
   * a transaction was rolled back to before it, or the store came back from a copy that lacked it.
   *
   * @throws WrittenByNewerProgram, UnreadableEvent when the stream holds what can't be folded: no state is better than a
   *   wrong one.
   */
  async catchUp(streamId: StreamId, known: StateAt<State>): Promise<StateAt<State>> {
    let current = known;
    let isContinued = known.revision === undefined;
    for await (const page of this.#store.readStream(streamId, { from: known.revision ?? revisionAfter(undefined) })) {
      const gained = isContinued ? page : page.slice(1);
      if (!isContinued && page[0]?.id !== known.eventId) break;
      isContinued = true;
      current = this.fold(
        current,
        gained.map((event) => this.#fold.events.decode(event)),
      );
    }
    return isContinued ? current : this.catchUp(streamId, this.nothing);
  }

  /** The state right after the last event that is wanted. */
  async upTo(streamId: StreamId, isWanted: Wanted): Promise<StateAt<State>> {
    let current = this.nothing;
    for await (const page of this.#store.readStream(streamId)) {
      // Cut before it is decoded: what was recorded later may be more than this program can read.
      const end = page.findIndex((event) => !isWanted(event));
      const wanted = end === -1 ? page : page.slice(0, end);
      current = this.fold(
        current,
        wanted.map((event) => this.#fold.events.decode(event)),
      );
      if (end !== -1) break;
    }
    return current;
  }

  /** {@link upTo} a revision, that one included. */
  atRevision(streamId: StreamId, last: Revision): Promise<StateAt<State>> {
    return this.upTo(streamId, (event) => event.revision <= last);
  }

  /** Folds events that come right after `known`. */
  fold(known: StateAt<State>, events: readonly Recorded<Event>[]): StateAt<State> {
    const last = events.at(-1);
    if (last === undefined) return known;
    let state = known.state;
    for (const event of events) state = this.#fold.evolve(state, event);
    return { state, revision: last.revision, position: last.position, eventId: last.id };
  }
}
