import { ConcurrentChange, DeadlineExceeded } from '../faults.js';
import { isFault } from '../is-fault.js';
import { observedDecider, observedEventStore } from '../observe.js';
import { monotonicIds, type IdSource } from '../ids.js';
import { Lru } from '../store/lru.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { EventStore } from '../streams/event-store.js';
import type { EventShape, Recorded } from '../streams/event.js';
import type { StreamId } from '../streams/stream-id.js';
import { pause } from '../store/back-off.js';
import type { CommandContext, Considered, Handled, PreconditionFailed } from './command-context.js';
import type { Decision } from './decision.js';
import type { CommandHandlerOptions } from './command-handler-options.js';
import type { Deciding } from './decider.js';
import type { FactSource } from './fact-source.js';
import { fingerprint } from './fingerprint.js';
import { KeyedMutex } from '../store/keyed-mutex.js';
import type { StateAt } from './state-at.js';
import { newEvents } from './new-events.js';
import { withoutNewShapes } from './new-shapes.js';
import { pinned, type Pinning } from './pinning.js';
import { StateReader } from './state-reader.js';

/** One command on its way. */
interface Task<Command, Context = CommandContext> {
  readonly streamId: StreamId;
  readonly command: Command;
  readonly context: Context;
}

/** One that is ready to be decided. */
interface ReadyTask<Command, Facts> extends Task<Command> {
  readonly facts: Facts | undefined;
}

/** A state, and whether it was just compared with the stream: only then may it refuse (docs/guarantees.md). */
interface Known<State> extends StateAt<State> {
  readonly isFresh: boolean;
}

/**
 * Carries out commands on the streams of one kind: recall or load, decide, append at the revision decided by; when
 * another writer was first, catch up and decide again (docs/guarantees.md). Commands on one stream go one after another.
 */
export class CommandHandler<
  Command extends object,
  Event extends EventShape,
  State,
  Rejection,
  Facts = undefined,
  Conditions = unknown,
> {
  readonly #store: EventStore;
  readonly #decider: Deciding<Command, Event, State, Rejection | PreconditionFailed, Facts>;
  readonly #facts: FactSource<Command, Facts, Conditions> | undefined;
  readonly #codec: EventCodec<Event>;
  readonly #ids: IdSource;
  readonly #attempts: number;
  readonly #kept: Lru<StreamId, StateAt<State>>;
  readonly #queue = new KeyedMutex<StreamId>();
  readonly states: StateReader<Event, State>;

  constructor(options: CommandHandlerOptions<Command, Event, State, Rejection, Facts, Conditions>) {
    this.#store = observedEventStore(options.eventStore, options.observe);
    const { decider, events, newShapes, remembered } = options;
    this.#decider = observedDecider<Command, Event, State, Rejection | PreconditionFailed, Facts>(
      newShapes === 'not-yet' ? withoutNewShapes(decider, events) : decider,
      options.observe,
    );
    this.#facts = options.facts;
    this.#codec = events;
    this.#ids = options.ids ?? monotonicIds();
    this.#attempts = options.attempts ?? 16;
    this.#kept = new Lru(options.keptStates ?? 10_000);
    this.states = new StateReader(options.eventStore, {
      events,
      initial: decider.initial,
      evolve: (state, event) => decider.evolve(state, event),
      remembered,
    });
  }

  /**
   * Carries out one command: all its events are written, or none.
   *
   * @throws ConcurrentChange when others were first in every attempt.
   * @throws DeadlineExceeded when `signal` fired in time.
   * @throws OutcomeUnknown, StoreUnavailable, StoreFull, StoreClosed as the store does.
   * @throws WrittenByNewerProgram, UnreadableEvent when the stream holds what can't be folded.
   * @throws whatever the source of facts rejects with.
   */
  handle(
    streamId: StreamId,
    command: Command,
    context: CommandContext & Conditions,
  ): Promise<Handled<Event, State, Rejection>> {
    const source = this.#facts;
    if (source?.isNeededFor(command) === true) return this.#informed({ streamId, command, context }, source);
    return this.#carryOut({ streamId, command, context, facts: undefined });
  }

  /** Looks for the receipt, then for the facts: what can be looked up now does not matter to a repetition. */
  async #informed(
    task: Task<Command, CommandContext & Conditions>,
    source: FactSource<Command, Facts, Conditions>,
  ): Promise<Handled<Event, State, Rejection>> {
    const repeated = await this.#repeated(task);
    if (repeated !== undefined) return repeated;
    return this.#carryOut({ ...task, facts: await source.lookUp(task.streamId, task.command, task.context) });
  }

  async #carryOut(task: ReadyTask<Command, Facts>): Promise<Handled<Event, State, Rejection>> {
    const { streamId, context } = task;
    const turn = this.#queue.enter(streamId);
    if (turn !== undefined) await turn;
    try {
      const kept = this.#kept.get(streamId);
      let known = kept === undefined ? await this.#catchUp(streamId, this.states.nothing) : { ...kept, isFresh: false };
      for (let attempt = 1; ; attempt++) {
        if (context.signal?.aborted === true) throw new DeadlineExceeded({ doing: `a command on ${streamId}` });
        const decision = this.#decide(task, known);
        try {
          if (isToWrite(decision)) return await this.#append(task, known, decision.events);
          if (known.isFresh) return await this.#settle(task, known, decision);
        } catch (caught) {
          await this.#giveWay(task, attempt, caught);
        }
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
    context?: Pinning & Conditions,
  ): Promise<Considered<Event, State, Rejection>> {
    const source = this.#facts;
    const facts = source?.isNeededFor(command) === true ? await source.lookUp(streamId, command, context) : undefined;
    await this.#queue.enter(streamId);
    try {
      const known = await this.#catchUp(streamId, this.#kept.get(streamId) ?? this.states.nothing);
      return { ...this.#decide({ streamId, command, context: context ?? {}, facts }, known), state: known.state };
    } finally {
      this.#queue.leave(streamId);
    }
  }

  #decide(
    { streamId, command, context, facts }: Omit<ReadyTask<Command, Facts>, 'context'> & { context: Pinning },
    known: StateAt<State>,
  ): Decision<Event, Rejection | PreconditionFailed> {
    return pinned(context, known) ?? this.#decider.decide(command, known.state, { streamId, facts });
  }

  /** After a conflict, waits before the next attempt, if there is to be one. Throws what is no conflict. */
  #giveWay({ streamId }: Task<Command>, attempts: number, caught: unknown): Promise<void> {
    if (!isFault(caught, 'revision-conflict') && !isFault(caught, 'receipt-exists')) throw caught;
    if (attempts >= this.#attempts) throw new ConcurrentChange({ streamId, attempts }, caught);
    return pause(attempts);
  }

  async #catchUp(streamId: StreamId, known: StateAt<State>): Promise<Known<State>> {
    const caughtUp = await this.states.catchUp(streamId, known);
    this.#kept.set(streamId, caughtUp);
    return { ...caughtUp, isFresh: true };
  }

  /**
   * Answers a command that writes no event. It is looked for its receipt before it is refused: the first time, it may have
   * been allowed. Granted, it is kept under its key, if it has one.
   */
  async #settle(
    task: Task<Command>,
    known: Known<State>,
    decision: Decision<Event, Rejection | PreconditionFailed>,
  ): Promise<Handled<Event, State, Rejection>> {
    if (decision.outcome === 'accepted') {
      return task.context.idempotencyKey === undefined ? accepted(known, []) : this.#append(task, known, []);
    }
    const { state, revision } = known;
    const { rejection } = decision;
    return (await this.#repeated(task)) ?? { outcome: 'rejected', rejection, state, revision };
  }

  /** The answer the command got the first time, folded from the events up to then; `undefined` when this is the first time. */
  async #repeated(task: Task<Command>): Promise<Handled<Event, State, Rejection> | undefined> {
    const key = task.context.idempotencyKey;
    const receipt = key === undefined ? undefined : await this.#store.receipt(task.streamId, key);
    if (receipt === undefined) return undefined;
    const then = await this.states.atRevision(task.streamId, receipt.revision);
    if (receipt.fingerprint === fingerprint(task.command)) return { ...accepted(then, []), isRepeated: true };
    const rejection = { reason: 'idempotency-key-reused', idempotencyKey: receipt.key } as const;
    return { outcome: 'rejected', rejection, state: then.state, revision: then.revision };
  }

  async #append(
    task: Task<Command>,
    known: StateAt<State>,
    decided: readonly Event[],
  ): Promise<Handled<Event, State, Rejection>> {
    const { streamId, context } = task;
    const key = context.idempotencyKey;
    try {
      const recorded = await this.#store.append({
        streamId,
        expected: known.revision ?? 'no-stream',
        ...(known.eventId !== undefined && { expectedEventId: known.eventId }),
        events: newEvents(decided, { codec: this.#codec, ids: this.#ids, context }),
        ...(key !== undefined && { receipt: { key, fingerprint: fingerprint(task.command) } }),
        ...(context.signal !== undefined && { signal: context.signal }),
      });
      const events = recorded.map((event) => this.#codec.decode(event));
      const after = this.states.fold(known, events);
      this.#kept.set(streamId, after);
      return accepted(after, events);
    } catch (caught) {
      if (isFault(caught, 'revision-conflict')) throw caught;
      const repeated = isFault(caught, 'receipt-exists') ? await this.#repeated(task) : undefined;
      if (repeated !== undefined) return repeated;
      this.#kept.delete(streamId);
      throw caught;
    }
  }
}

/** Whether there is something to append: that a kept state may decide, because the append compares the revision. */
function isToWrite<Event, Rejection>(
  decision: Decision<Event, Rejection>,
): decision is Extract<Decision<Event, Rejection>, { readonly outcome: 'accepted' }> {
  return decision.outcome === 'accepted' && decision.events.length > 0;
}

function accepted<Event extends EventShape, State>(
  { state, revision, position }: StateAt<State>,
  events: readonly Recorded<Event>[],
): Extract<Handled<Event, State, never>, { outcome: 'accepted' }> {
  return { outcome: 'accepted', state, revision, position, events, isRepeated: false };
}
