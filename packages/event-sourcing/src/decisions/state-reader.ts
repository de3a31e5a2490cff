import { atOnce } from '../values/at-once.js';
import type { Deadline } from '../values/deadline.js';
import { deepFrozen } from '../values/deep-frozen.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { ReadStreamOptions } from '../streams/event-store.js';
import type { EventShape, Recorded, RecordedEvent, RecordedFacts } from '../streams/event.js';
import { START } from '../values/position.js';
import { revisionAfter, type Revision } from '../values/revision.js';
import type { StreamId } from '../values/stream-id.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import { yieldToLoop } from '../values/yield-to-loop.js';
import type { StateAt } from './state-at.js';

/** How a stream is folded. */
export interface Fold<Event extends EventShape, State> {
  readonly initial: State;
  /** The state after one more event. Pure. */
  evolve(state: State, event: Recorded<Event>): State;
}

/** A state that a read model keeps of a stream, however old; `undefined` where it keeps none. */
export type StoredState<State> = (streamId: StreamId, deadline: Deadline) => Promise<StateAt<State> | undefined>;

/** The last revision of a stream that is folded without a look at its {@link StoredState}. */
const SHORT = 499n;

/** Whether a fold takes this event. A fold stops at the first event that is not wanted. */
export type Wanted = (event: RecordedFacts) => boolean;

const ALL: Wanted = () => true;

/** How far a fold goes: never past `last`. */
interface Extent {
  readonly deadline: Deadline;
  readonly isWanted?: Wanted;
  readonly last?: bigint;
  readonly isBeforeAppend?: boolean;
}

/** Folds streams of one kind into states, from the first event or from a known state. */
export class StateReader<Event extends EventShape, State> {
  /** The store of the streams. */
  readonly store: TimedEventStore;
  readonly #codec: EventCodec<Event>;
  readonly #fold: Fold<Event, State>;
  readonly #stored: StoredState<State> | undefined;

  constructor(store: TimedEventStore, codec: EventCodec<Event>, fold: Fold<Event, State>, stored?: StoredState<State>) {
    this.store = store;
    this.#codec = codec;
    this.#fold = fold;
    this.#stored = stored;
    // All streams share it: an `evolve` that would change it fails instead.
    deepFrozen(fold.initial);
  }

  /** The state of a stream without events. */
  get nothing(): StateAt<State> {
    return { state: this.#fold.initial, revision: undefined, position: START, eventId: undefined };
  }

  /**
   * Folds the events after `known` into it, or after the stored state where nothing is known of a long stream. Folds the
   * whole stream when it does not hold the event that such a state ends with: a transaction was rolled back to before it,
   * or the store was restored from a backup that lacked it.
   *
   * @throws WrittenByNewerProgram, UnreadableEvent when an event can't be folded: no state is better than a wrong one.
   */
  async catchUp(streamId: StreamId, known: StateAt<State>, deadline: Deadline): Promise<StateAt<State>> {
    const caughtUp = known.revision === undefined ? undefined : await this.#upToFrom(streamId, known, { deadline });
    return caughtUp ?? this.#latest(streamId, { deadline });
  }

  /** A state to append after ({@link ReadStreamOptions.isBeforeAppend}): where nothing is appended, it proves nothing. */
  beforeAppend(streamId: StreamId, deadline: Deadline): Promise<StateAt<State>> {
    return this.#latest(streamId, { deadline, isBeforeAppend: true });
  }

  /** The state after the last event: of a long stream from the stored state, if the stream holds its event. */
  async #latest(streamId: StreamId, extent: Extent): Promise<StateAt<State>> {
    if (this.#stored === undefined) return this.#fromFirst(streamId, extent);
    const begun = await this.#fromFirst(streamId, { ...extent, last: SHORT });
    if (begun.revision !== SHORT) return begun;
    const stored = await this.#stored(streamId, extent.deadline);
    const later = stored?.revision !== undefined && stored.revision > SHORT ? stored : begun;
    return (await this.#upToFrom(streamId, later, extent)) ?? this.#fromFirst(streamId, extent);
  }

  /** The state right after the last wanted event. */
  async upTo(streamId: StreamId, isWanted: Wanted, deadline: Deadline): Promise<StateAt<State>> {
    return this.#fromFirst(streamId, { deadline, isWanted });
  }

  /** {@link upTo} a revision, inclusive. It goes on from an earlier state, if that is given and the stream holds it. */
  async atRevision(
    streamId: StreamId,
    last: Revision,
    deadline: Deadline,
    known?: StateAt<State>,
  ): Promise<StateAt<State>> {
    const extent: Extent = { deadline, isWanted: (event) => event.revision <= last, last };
    const gone = known?.revision === undefined ? undefined : await this.#upToFrom(streamId, known, extent);
    return gone ?? this.#fromFirst(streamId, extent);
  }

  async #fromFirst(streamId: StreamId, extent: Extent): Promise<StateAt<State>> {
    return (await this.#upToFrom(streamId, this.nothing, extent)) ?? this.nothing;
  }

  /**
   * Folds the events after `known`; `undefined` when the stream does not hold its last event, or that event is not
   * wanted.
   */
  async #upToFrom(
    streamId: StreamId,
    known: StateAt<State>,
    { deadline, isWanted = ALL, last, isBeforeAppend = false }: Extent,
  ): Promise<StateAt<State> | undefined> {
    let current = known.revision === undefined ? known : undefined;
    const from = known.revision ?? revisionAfter(undefined);
    if (last !== undefined && last < from) return undefined;
    const limit = last === undefined ? {} : { limit: Math.min(Number(last - from + 1n), Number.MAX_SAFE_INTEGER) };
    for await (const page of this.#pages(streamId, { from, ...limit, isBeforeAppend }, deadline)) {
      const [first] = page;
      if (current === undefined && !(first?.id === known.eventId && first !== undefined && isWanted(first)))
        return undefined;
      const gained = current === undefined ? page.slice(1) : page;
      // Cut before decoding, because this program may be unable to read later events.
      const end = gained.findIndex((event) => !isWanted(event));
      const wanted = end === -1 ? gained : gained.slice(0, end);
      const events = wanted.map((event) => atOnce(this.#codec.decode(event), 'decode'));
      current = this.fold(current ?? known, events);
      if (end !== -1) break;
    }
    return current;
  }

  /** The pages of a stream. It yields to the event loop between pages. */
  async *#pages(
    streamId: StreamId,
    options: ReadStreamOptions,
    deadline: Deadline,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    let isFirst = true;
    for await (const page of this.store.readStream(streamId, options, deadline)) {
      if (!isFirst) await yieldToLoop();
      isFirst = false;
      yield page;
    }
  }

  /** Folds events that come right after `known` into it. */
  fold(known: StateAt<State>, events: readonly Recorded<Event>[]): StateAt<State> {
    const last = events.at(-1);
    if (last === undefined) return known;
    let state = known.state;
    for (const event of events) state = atOnce(this.#fold.evolve(state, event), 'evolve');
    return { state: deepFrozen(state), revision: last.revision, position: last.position, eventId: last.id };
  }
}
