import type { Fault } from '../fault.js';
import { ConcurrentChange, DeadlineExceeded } from '../faults.js';
import { isFault } from '../is-fault.js';
import { monotonicIds, type IdSource } from '../ids.js';
import { Lru } from '../lru.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { EventStore, Receipt } from '../streams/event-store.js';
import type { EventShape, Recorded } from '../streams/event.js';
import type { Revision } from '../streams/revision.js';
import type { StreamId } from '../streams/stream-id.js';
import { pause } from './back-off.js';
import type { CommandContext, Considered, Handled, PreconditionFailed } from './command-context.js';
import { reject, type Decision } from './decision.js';
import type { Decider } from './decider.js';
import { fingerprint } from './fingerprint.js';
import { KeyedQueue } from './keyed-queue.js';
import type { StateAt } from './state-at.js';
import { newEvents } from './new-events.js';
import { StateReader } from './state-reader.js';

/** What a command handler is made of. */
export interface CommandHandlerOptions<Command, Event extends EventShape, State, Rejection> {
  readonly eventStore: EventStore;
  readonly decider: Decider<Command, Event, State, Rejection>;
  readonly events: EventCodec<Event>;
  /** Default: ULIDs of the machine's clock. */
  readonly ids?: IdSource;
  /** How often a command is decided at the most, when others change its stream meanwhile. Default 16. */
  readonly attempts?: number;
  /** How many states are kept in memory. Default 10,000; 0 folds the stream for every command. */
  readonly keptStates?: number;
}

/** One command on its way. */
interface Task<Command> {
  readonly streamId: StreamId;
  readonly command: Command;
  readonly context: CommandContext;
}

/** A state, and whether it was just compared with the stream: only then may it refuse (docs/guarantees.md). */
interface Known<State> extends StateAt<State> {
  readonly isFresh: boolean;
}

/**
 * Carries out commands on the streams of one kind: recall or load, decide, append at the revision decided by; when
 * another writer was first, catch up and decide again (docs/guarantees.md). Commands on one stream go one after another.
 */
export class CommandHandler<Command extends object, Event extends EventShape, State, Rejection> {
  readonly #store: EventStore;
  readonly #decider: Decider<Command, Event, State, Rejection>;
  readonly #codec: EventCodec<Event>;
  readonly #ids: IdSource;
  readonly #attempts: number;
  readonly #kept: Lru<StreamId, StateAt<State>>;
  readonly #queue = new KeyedQueue<StreamId>();
  readonly states: StateReader<Event, State>;

  constructor(options: CommandHandlerOptions<Command, Event, State, Rejection>) {
    this.#store = options.eventStore;
    this.#decider = options.decider;
    this.#codec = options.events;
    this.#ids = options.ids ?? monotonicIds();
    this.#attempts = options.attempts ?? 16;
    this.#kept = new Lru(options.keptStates ?? 10_000);
    const { initial } = options.decider;
    const evolve = (state: State, event: Recorded<Event>): State => options.decider.evolve(state, event);
    this.states = new StateReader(options.eventStore, { events: options.events, initial, evolve });
  }

  /**
   * Carries out one command: all its events are written, or none.
   *
   * @throws ConcurrentChange when others were first in every attempt.
   * @throws DeadlineExceeded when `signal` fired in time.
   * @throws OutcomeUnknown, StoreUnavailable, StoreFull, StoreClosed as the store does.
   * @throws WrittenByNewerProgram, UnreadableEvent when the stream holds what can't be folded.
   */
  async handle(
    streamId: StreamId,
    command: Command,
    context: CommandContext,
  ): Promise<Handled<Event, State, Rejection>> {
    const turn = this.#queue.enter(streamId);
    if (turn !== undefined) await turn;
    try {
      const task = { streamId, command, context };
      const recalled = this.#recall(task);
      let known = recalled instanceof Promise ? await recalled : recalled;
      for (let attempt = 1; ; attempt++) {
        if (context.signal?.aborted === true) throw new DeadlineExceeded({ doing: `a command on ${streamId}` });
        const attempted = this.#attempt(task, known);
        const answer = attempted instanceof Promise ? await attempted : attempted;
        if (answer.done) return answer.handled;
        if (answer.conflict !== undefined) await this.#giveWay(task, attempt, answer.conflict);
        known = await this.#catchUp(streamId, known);
      }
    } finally {
      this.#queue.leave(streamId);
    }
  }

  /**
   * What a command would be answered now, by the stream's latest state: decided as {@link handle} does, and nothing is
   * written. Another writer may still be first.
   *
   * @throws WrittenByNewerProgram, UnreadableEvent, and as the store does.
   */
  async consider(
    streamId: StreamId,
    command: Command,
    context: Pick<CommandContext, 'ifRevision'> = {},
  ): Promise<Considered<Event, State, Rejection>> {
    await this.#queue.enter(streamId);
    try {
      const { state, revision } = await this.#catchUp(streamId, this.#kept.get(streamId) ?? this.states.nothing);
      const decision = pinned(context, revision) ?? this.#decider.decide(command, state);
      return { ...decision, state, revision };
    } finally {
      this.#queue.leave(streamId);
    }
  }

  /** Waits before the next attempt, if there is to be one. */
  #giveWay({ streamId }: Task<Command>, attempts: number, conflict: Fault): Promise<void> {
    if (attempts >= this.#attempts) throw new ConcurrentChange({ streamId, attempts }, conflict);
    return pause(attempts);
  }

  /** A kept state may do, but not for a key that may have come before: another process may have had it. */
  #recall({ streamId, context }: Task<Command>): Known<State> | Promise<Known<State>> {
    const kept = this.#kept.get(streamId);
    if (kept === undefined) return this.#catchUp(streamId, this.states.nothing);
    if (context.idempotencyKey !== undefined) return this.#catchUp(streamId, kept);
    const { state, revision, position, eventId } = kept;
    return { state, revision, position, eventId, isFresh: false };
  }

  async #catchUp(streamId: StreamId, known: StateAt<State>): Promise<Known<State>> {
    const caughtUp = await this.states.catchUp(streamId, known);
    this.#kept.set(streamId, caughtUp);
    return { ...caughtUp, isFresh: true };
  }

  /** Nothing to wait for but the append, unless there may be a receipt. */
  #attempt(
    task: Task<Command>,
    known: Known<State>,
  ): Attempted<Event, State, Rejection> | Promise<Attempted<Event, State, Rejection>> {
    const key = task.context.idempotencyKey;
    return key === undefined ? this.#decide(task, known) : this.#unlessRepeated(task, known, key);
  }

  async #unlessRepeated(
    task: Task<Command>,
    known: Known<State>,
    key: string,
  ): Promise<Attempted<Event, State, Rejection>> {
    const receipt = await this.#store.receipt(task.streamId, key);
    return receipt === undefined ? this.#decide(task, known) : done(await this.#repeat(task, receipt));
  }

  #decide(
    task: Task<Command>,
    known: Known<State>,
  ): Attempted<Event, State, Rejection> | Promise<Attempted<Event, State, Rejection>> {
    const { state, revision } = known;
    const decision = pinned(task.context, revision) ?? this.#decider.decide(task.command, state);
    if (decision.outcome === 'rejected') {
      return known.isFresh ? done({ outcome: 'rejected', rejection: decision.rejection, state, revision }) : AGAIN;
    }
    if (decision.events.length > 0) return this.#append(task, known, decision.events);
    if (!known.isFresh) return AGAIN;
    return task.context.idempotencyKey === undefined ? done(accepted(known, [])) : this.#append(task, known, []);
  }

  /** The answer the command got the first time, folded from the events up to then. */
  async #repeat(task: Task<Command>, receipt: Receipt): Promise<Handled<Event, State, Rejection>> {
    const then = await this.states.atRevision(task.streamId, receipt.revision);
    if (receipt.fingerprint === fingerprint(task.command)) return { ...accepted(then, []), isRepeated: true };
    const rejection = { reason: 'idempotency-key-reused', idempotencyKey: receipt.key } as const;
    return { outcome: 'rejected', rejection, state: then.state, revision: then.revision };
  }

  async #append(
    task: Task<Command>,
    known: StateAt<State>,
    decided: readonly Event[],
  ): Promise<Attempted<Event, State, Rejection>> {
    const { streamId, context } = task;
    const key = context.idempotencyKey;
    try {
      const recorded = await this.#store.append({
        streamId,
        expected: known.revision ?? 'no-stream',
        events: newEvents(decided, { codec: this.#codec, ids: this.#ids, context }),
        ...(key !== undefined && { receipt: { key, fingerprint: fingerprint(task.command) } }),
        ...(context.signal !== undefined && { signal: context.signal }),
      });
      const events = recorded.map((event) => this.#codec.decode(event));
      const after = this.states.fold(known, events);
      this.#kept.set(streamId, after);
      return done(accepted(after, events));
    } catch (caught) {
      if (isFault(caught, 'revision-conflict') || isFault(caught, 'receipt-exists'))
        return { done: false, conflict: caught };
      this.#kept.delete(streamId);
      throw caught;
    }
  }
}

type Attempted<Event extends EventShape, State, Rejection> =
  | { readonly done: true; readonly handled: Handled<Event, State, Rejection> }
  | { readonly done: false; readonly conflict?: Fault };

/** Not to be answered from a kept state: look at the stream first. */
const AGAIN = { done: false } as const;

/** The refusal of a caller who decided by an older revision than the stream is at. */
function pinned(
  { ifRevision }: Pick<CommandContext, 'ifRevision'>,
  actual: Revision | undefined,
): Decision<never, PreconditionFailed> | undefined {
  if (ifRevision === undefined || ifRevision === (actual ?? 'no-stream')) return undefined;
  return reject({ reason: 'revision-not-current', expected: ifRevision, actual });
}

function done<Event extends EventShape, State, Rejection>(
  handled: Handled<Event, State, Rejection>,
): Attempted<Event, State, Rejection> {
  return { done: true, handled };
}

function accepted<Event extends EventShape, State>(
  { state, revision, position }: StateAt<State>,
  events: readonly Recorded<Event>[],
): Extract<Handled<Event, State, never>, { outcome: 'accepted' }> {
  return { outcome: 'accepted', state, revision, position, events, isRepeated: false };
}
