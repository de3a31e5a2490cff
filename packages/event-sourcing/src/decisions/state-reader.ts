import { atOnce } from '../at-once.js';
import type { Deadline } from '../deadline.js';
import { deepFrozen } from '../deep-frozen.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { EventStore, ReadStreamOptions } from '../streams/event-store.js';
import type { EventShape, Recorded, RecordedEvent, RecordedFacts } from '../streams/event.js';
import { START } from '../streams/position.js';
import { revision, revisionAfter, type Revision } from '../streams/revision.js';
import type { StreamId } from '../streams/stream-id.js';
import { TimedEventStore } from '../streams/timed-event-store.js';
import { yieldToLoop } from '../yield-to-loop.js';
import type { RememberedStates } from './remembered-states.js';
import type { StateAt } from './state-at.js';

/** What folding a stream needs. */
export interface Fold<Event extends EventShape, State> {
  readonly events: EventCodec<Event>;
  readonly initial: State;
  /** The state after one more event. Pure. */
  evolve(state: State, event: Recorded<Event>): State;
  /** Snapshots of long streams. Default: none. */
  readonly remembered?: RememberedStates<State> | undefined;
}

/** Whether a fold takes this event. A fold stops at the first event that is not wanted. */
export type Wanted = (event: RecordedFacts) => boolean;

const ALL: Wanted = () => true;

/** Streams longer than this are folded from a snapshot. */
const SHORT = 100;

/** How far a fold goes: never past `last`. */
interface Extent {
  readonly deadline: Deadline;
  readonly isWanted?: Wanted;
  readonly last?: bigint;
}

/** What a fold to some event looks for. */
interface Sought {
  readonly deadline: Deadline;
  readonly isWanted: Wanted;
  /** The last event of the stream. */
  readonly end: RecordedEvent;
}

/** Folds streams of one kind into states, from the first event or from a known state. */
export class StateReader<Event extends EventShape, State> {
  /** The store of the streams. */
  readonly store: TimedEventStore;
  readonly #fold: Fold<Event, State>;

  constructor(store: EventStore, fold: Fold<Event, State>) {
    this.store = new TimedEventStore(store);
    this.#fold = fold;
    // All streams share it: an `evolve` that would change it fails instead.
    deepFrozen(fold.initial);
  }

  /** The state of a stream without events. */
  get nothing(): StateAt<State> {
    return { state: this.#fold.initial, revision: undefined, position: START, eventId: undefined };
  }

  /**
   * Folds the events after `known` into it. Folds the whole stream when it does not hold the event `known` ends with: a
   * transaction was rolled back to before it, or the store was restored from a backup that lacked it.
   *
   * @throws WrittenByNewerProgram, UnreadableEvent when an event can't be folded: no state is better than a wrong one.
   */
  async catchUp(streamId: StreamId, known: StateAt<State>, deadline: Deadline): Promise<StateAt<State>> {
    return (await this.#goOn(streamId, known, { deadline })) ?? this.upTo(streamId, ALL, deadline);
  }

  /**
   * {@link StateReader.catchUp} from a state, or from a snapshot that is looked up; `undefined` without one, or when the
   * stream does not hold its last event.
   */
  async #goOn(
    streamId: StreamId,
    known: StateAt<State> | Promise<StateAt<State> | undefined>,
    extent: Extent,
  ): Promise<StateAt<State> | undefined> {
    const from = 'then' in known ? await extent.deadline.wait(known).catch(() => undefined) : known;
    return from?.revision === undefined ? undefined : this.#upToFrom(streamId, from, extent);
  }

  /** The state right after the last wanted event. A long stream is folded from the last snapshot before it. */
  async upTo(streamId: StreamId, isWanted: Wanted, deadline: Deadline): Promise<StateAt<State>> {
    const { remembered } = this.#fold;
    if (remembered === undefined) return this.#fromFirst(streamId, { deadline, isWanted });
    const beginning = await this.#fromFirst(streamId, { deadline, isWanted, last: BigInt(SHORT - 1) });
    if (beginning.revision === undefined || beginning.revision + 1n < SHORT) return beginning;
    // When every event is wanted, the latest snapshot leads there, wherever the stream ends.
    const ofLatest = (): Promise<StateAt<State> | undefined> => remembered.latest(streamId, deadline);
    const fromLatest = isWanted === ALL ? await this.#goOn(streamId, ofLatest(), { deadline }) : undefined;
    if (fromLatest !== undefined) return fromLatest;
    const end = await this.store.first(streamId, { direction: 'backwards' }, deadline);
    if (end === undefined) return this.nothing;
    const latest = isWanted(end) ? ofLatest() : Promise.resolve(undefined);
    return (
      (await this.#goOn(streamId, latest, { deadline, isWanted })) ??
      (await this.#fromSnapshot(streamId, { deadline, isWanted, end, beginning }, remembered)) ??
      this.#fromFirst(streamId, { deadline, isWanted })
    );
  }

  /** {@link upTo} a revision, inclusive: its snapshot is known without a search. */
  async atRevision(streamId: StreamId, last: Revision, deadline: Deadline): Promise<StateAt<State>> {
    const isWanted: Wanted = (event) => event.revision <= last;
    const extent = { deadline, isWanted, last };
    const { remembered } = this.#fold;
    if (remembered === undefined || last + 1n < remembered.every) return this.#fromFirst(streamId, extent);
    const newest = (last + 1n) / BigInt(remembered.every);
    const snapshot = remembered.after(streamId, lastIn(newest, remembered), deadline);
    return (await this.#goOn(streamId, snapshot, extent)) ?? this.upTo(streamId, isWanted, deadline);
  }

  /** Folds from the nearest snapshot that exists and that the stream confirms, otherwise from the first event. */
  async #fromSnapshot(
    streamId: StreamId,
    { beginning, ...sought }: Sought & { readonly beginning: StateAt<State> },
    remembered: RememberedStates<State>,
  ): Promise<StateAt<State> | undefined> {
    const newest = await this.#newestSnapshot(streamId, sought, remembered);
    // The event of the next snapshot is either not wanted or did not exist.
    const { deadline, isWanted } = sought;
    const extent = { deadline, isWanted, last: lastIn(newest + 1n, remembered) - 1n };
    for (let [number, step] = [newest, 1n]; number > 0n; number -= step, step *= 2n) {
      const snapshot = remembered.after(streamId, lastIn(number, remembered), deadline);
      const reached = await this.#goOn(streamId, snapshot, extent);
      if (reached !== undefined) return reached;
    }
    return this.#goOn(streamId, beginning, extent);
  }

  /**
   * The number of the last snapshot whose event is wanted, counted from 1; 0 when there is none. Found by a search of
   * the events.
   */
  async #newestSnapshot(
    streamId: StreamId,
    { deadline, end, isWanted }: Sought,
    remembered: RememberedStates<State>,
  ): Promise<bigint> {
    let [low, high] = [0n, (end.revision + 1n) / BigInt(remembered.every)];
    while (low < high) {
      const middle = (low + high + 1n) / 2n;
      const event = await this.store.first(streamId, { from: lastIn(middle, remembered) }, deadline);
      if (event !== undefined && isWanted(event)) low = middle;
      else high = middle - 1n;
    }
    return low;
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
    { deadline, isWanted = ALL, last }: Extent,
  ): Promise<StateAt<State> | undefined> {
    let current = known.revision === undefined ? known : undefined;
    const from = known.revision ?? revisionAfter(undefined);
    if (last !== undefined && last < from) return undefined;
    const limit = last === undefined ? {} : { limit: Math.min(Number(last - from + 1n), Number.MAX_SAFE_INTEGER) };
    for await (const page of this.#pages(streamId, { from, ...limit }, deadline)) {
      const [first] = page;
      if (current === undefined && !(first?.id === known.eventId && first !== undefined && isWanted(first)))
        return undefined;
      const gained = current === undefined ? page.slice(1) : page;
      // Cut before decoding, because this program may be unable to read later events.
      const end = gained.findIndex((event) => !isWanted(event));
      const wanted = end === -1 ? gained : gained.slice(0, end);
      const events = wanted.map((event) => atOnce(this.#fold.events.decode(event), 'decode'));
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
    for (const event of events) state = this.#fold.evolve(state, event);
    return { state: deepFrozen(state), revision: last.revision, position: last.position, eventId: last.id };
  }
}

/** The last event that the n-th snapshot of a stream covers, counted from 1. */
function lastIn(number: bigint, { every }: RememberedStates<unknown>): Revision {
  return revision(number * BigInt(every) - 1n);
}
