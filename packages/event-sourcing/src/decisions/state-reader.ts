import { deepFrozen } from '../deep-frozen.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { EventStore, ReadStreamOptions } from '../streams/event-store.js';
import type { EventShape, Recorded, RecordedEvent, RecordedFacts } from '../streams/event.js';
import { START } from '../streams/position.js';
import { revisionAfter, type Revision } from '../streams/revision.js';
import type { StreamId } from '../streams/stream-id.js';
import { yieldToLoop } from '../yield-to-loop.js';
import { Snapshots } from './snapshots.js';
import type { StateAt } from './state-at.js';

/** What is needed to fold a stream into a state. */
export interface Fold<Event extends EventShape, State> {
  readonly events: EventCodec<Event>;
  readonly initial: State;
  /** The state after one more event. Pure. */
  evolve(state: State, event: Recorded<Event>): State;
  /**
   * Where a state of a long stream may be had without folding all of it. It is believed only when the stream holds the event it
   * ends with, and done without when it can't be had. Default: nowhere.
   */
  remembered?(streamId: StreamId): Promise<StateAt<State> | undefined>;
}

/** Where a fold stops: after the last event that is still wanted. Streams are in order, so the first unwanted ends it. */
export type Wanted = (event: RecordedFacts) => boolean;

const ALL: Wanted = () => true;

/** A stream of more events than this is looked for a remembered state of it. */
const SHORT = 100;

/** Folds streams of one kind into states: from the first event, or on from where a state was. */
export class StateReader<Event extends EventShape, State> {
  readonly #store: EventStore;
  readonly #fold: Fold<Event, State>;
  readonly #snapshots = new Snapshots<State>();

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
    return (await this.#goOn(streamId, known)) ?? this.#fromFirst(streamId);
  }

  async #goOn(streamId: StreamId, known: StateAt<State>): Promise<StateAt<State> | undefined> {
    return known.revision === undefined ? undefined : this.#upToFrom(streamId, known, {});
  }

  /** Folds all of it; a long stream from where a state of it is remembered. */
  async #fromFirst(streamId: StreamId): Promise<StateAt<State>> {
    if (this.#fold.remembered === undefined) return this.upTo(streamId, ALL);
    const beginning = (await this.#upToFrom(streamId, this.nothing, { limit: SHORT })) ?? this.nothing;
    if (beginning.revision === undefined || beginning.revision + 1n < SHORT) return beginning;
    const remembered = await this.#fold.remembered(streamId).catch(() => undefined);
    const recalled = remembered && (await this.#goOn(streamId, remembered));
    return recalled ?? (await this.#goOn(streamId, beginning)) ?? this.upTo(streamId, ALL);
  }

  /** The state right after the last event that is wanted. */
  async upTo(streamId: StreamId, isWanted: Wanted): Promise<StateAt<State>> {
    const snapshot = this.#snapshots.latest(streamId, isWanted);
    if (snapshot !== undefined) {
      const reached = await this.#upToFrom(streamId, snapshot, { isWanted });
      if (reached !== undefined) return reached;
      this.#snapshots.forget(streamId);
    }
    return (await this.#upToFrom(streamId, this.nothing, { isWanted })) ?? this.nothing;
  }

  /** Folds on behind `known`; `undefined` when the stream does not hold the event it ends with. */
  async #upToFrom(
    streamId: StreamId,
    known: StateAt<State>,
    { isWanted = ALL, limit }: { readonly isWanted?: Wanted; readonly limit?: number },
  ): Promise<StateAt<State> | undefined> {
    let current = known.revision === undefined ? known : undefined;
    const from = known.revision ?? revisionAfter(undefined);
    for await (const page of this.#pages(streamId, { from, ...(limit !== undefined && { limit }) })) {
      if (current === undefined && page[0]?.id !== known.eventId) return undefined;
      const gained = current === undefined ? page.slice(1) : page;
      // Cut before it is decoded: what was recorded later may be more than this program can read.
      const end = gained.findIndex((event) => !isWanted(event));
      current = this.#foldPage(current ?? known, end === -1 ? gained : gained.slice(0, end));
      if (end !== -1) break;
    }
    return current;
  }

  /** The pages of a stream, between which others have their turn. */
  async *#pages(
    streamId: StreamId,
    options: ReadStreamOptions,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    let isFirst = true;
    for await (const page of this.#store.readStream(streamId, options)) {
      if (!isFirst) await yieldToLoop();
      isFirst = false;
      yield page;
    }
  }

  /** {@link upTo} a revision, that one included. */
  atRevision(streamId: StreamId, last: Revision): Promise<StateAt<State>> {
    return this.upTo(streamId, (event) => event.revision <= last);
  }

  #foldPage(known: StateAt<State>, page: readonly RecordedEvent[]): StateAt<State> {
    let current = known;
    for (const part of this.#snapshots.partsOf(page)) {
      current = this.fold(
        current,
        part.map((event) => this.#fold.events.decode(event)),
      );
      const last = part.at(-1);
      if (last !== undefined) this.#snapshots.keep(current, last);
    }
    return current;
  }

  /** Folds events that come right after `known`. */
  fold(known: StateAt<State>, events: readonly Recorded<Event>[]): StateAt<State> {
    const last = events.at(-1);
    if (last === undefined) return known;
    let state = known.state;
    for (const event of events) state = this.#fold.evolve(state, event);
    return { state: deepFrozen(state), revision: last.revision, position: last.position, eventId: last.id };
  }
}
