import { atOnce } from '../values/at-once.js';
import { Deadline, type Waiting } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import { isFault } from '../values/is-fault.js';
import { tell, type Observe } from '../streams/observe.js';
import { monotonicIds, namedIds, type IdSource } from '../values/ids.js';
import { Lru } from '../values/lru.js';
import type { EventCodec } from '../streams/event-codec.js';
import type { Receipt } from '../streams/event-store.js';
import type { EventShape } from '../streams/event.js';
import type { StreamId } from '../values/stream-id.js';
import { TimedEventStore } from '../streams/timed-event-store.js';
import { pause } from '../store/back-off.js';
import type { CommandContext, DryRun, Handled, PreconditionFailed } from './command-context.js';
import type { Accepted, Decision, Deciding } from './decider.js';
import { HANDLER_OPTIONS, type CommandHandlerOptions } from './command-handler-options.js';
import { parseOptions } from '../options/parse-options.js';
import { demandOptions, demandString, wrong } from '../values/wrong.js';
import type { FactSource } from './fact-source.js';
import { fingerprint } from './fingerprint.js';
import { enterInTime, KeyedMutex } from '../store/keyed-mutex.js';
import type { StateAt } from './state-at.js';
import {
  accepted,
  appendOf,
  eventLost,
  type ComparedState,
  type ReadyTask,
  type Task,
  newEvents,
  randomSalts,
  unmetCondition,
  type StateConditions,
} from './handling.js';
import { StateReader } from './state-reader.js';

/** The default wait for earlier commands on the same stream. */
const WAIT_MS = 10_000;

/**
 * Handles commands on the streams of one kind: load the state (from the cache where it can), decide, append at that
 * revision. On a conflict with another writer it catches up and decides again (docs/guarantees.md). Commands on one
 * stream run one after another.
 */
export class CommandHandler<
  Command extends object,
  Event extends EventShape,
  State,
  Rejection,
  Facts = undefined,
  Conditions = unknown,
> {
  readonly #store: TimedEventStore;
  readonly #facts: FactSource<Command, Facts, Conditions> | undefined;
  readonly #codec: EventCodec<Event>;
  readonly #ids: IdSource;
  readonly #salts = randomSalts();
  readonly #attempts: number;
  readonly #cache: Lru<StreamId, StateAt<State>>;
  readonly #locks = new KeyedMutex<StreamId>();
  readonly states: StateReader<Event, State>;
  readonly #observe: Observe | undefined;
  /** The rules that every command is decided by. */
  readonly decider: Deciding<Command, Event, State, Rejection, Facts>;

  /** @throws RangeError that names an unknown or malformed option. */
  constructor(given: CommandHandlerOptions<Command, Event, State, Rejection, Facts, Conditions>) {
    const options = parseOptions<typeof given>(given, 'CommandHandler', HANDLER_OPTIONS);
    const { decider, events, observe } = options;
    this.#store = new TimedEventStore(options.eventStore, observe);
    this.#observe = observe;
    this.decider = decider;
    this.#facts = options.facts;
    this.#codec = events;
    this.#ids = options.ids === undefined ? monotonicIds() : namedIds(options.ids);
    this.#attempts = options.attempts ?? 16;
    this.#cache = new Lru(options.keptStates ?? 10_000);
    this.states = new StateReader(this.#store, events, decider, options.storedState);
  }

  /**
   * Handles one command: all its events are written, or none.
   *
   * @throws ConcurrentChange when another writer was first in every attempt.
   * @throws DeadlineExceeded when `signal` fired or `waitMs` passed before the write began; nothing was written.
   * @throws OutcomeUnknown, StoreUnavailable, StoreFull, StoreClosed as the store does, or as the facts do.
   * @throws WrittenByNewerProgram, UnreadableEvent when an event of the stream can't be folded.
   * @throws RangeError naming an argument that is malformed.
   */
  async handle(
    streamId: StreamId,
    command: Command,
    context: CommandContext & Conditions,
  ): Promise<Handled<Event, State, Rejection>> {
    demandCommand(streamId, command, context);
    const deadline = new Deadline(`a command on ${streamId}`, context);
    const task = { streamId, command, context, deadline };
    try {
      const source = this.#facts?.isNeededFor(command, context) === true ? this.#facts : undefined;
      // The receipt comes first, so that a replay's answer does not depend on today's facts.
      const replayed = source && (await this.#replay(task));
      if (replayed !== undefined) return replayed;
      for (let attempt = 1; ; attempt++) {
        const facts =
          source && (await deadline.wait(source.lookUp(streamId, command, { conditions: context, deadline })));
        try {
          return await this.#decideAndWrite({ ...task, facts });
        } catch (caught) {
          if (!isFault(caught, 'other-stream-changed')) throw caught;
          await this.#backOff(task, attempt, caught);
        }
      }
    } finally {
      deadline.end();
    }
  }

  async #decideAndWrite(task: ReadyTask<Command, Facts>): Promise<Handled<Event, State, Rejection>> {
    const { streamId, deadline } = task;
    const waiting = this.#lock(streamId, deadline);
    if (waiting !== undefined) await waiting;
    try {
      let known = await this.#firstState(task);
      for (let attempt = 1; ; attempt++) {
        deadline.throwIfOver();
        const decision = this.#decide(task, known);
        try {
          // A cached state may decide that, because the append compares the revision.
          if (decision.outcome === 'accepted' && decision.events.length > 0)
            return await this.#append(task, known, decision);
          if (known.isCompared) return await this.#answerWithoutEvents(task, known, decision);
        } catch (caught) {
          if (!isFault(caught, 'revision-conflict') && !isFault(caught, 'receipt-exists')) throw caught;
          await this.#backOff(task, attempt, caught);
        }
        known = await this.#catchUp(task, known);
      }
    } finally {
      this.#locks.leave(streamId);
    }
  }

  /**
   * The cached state, or the state read. Where a node would first have to show that it leads, it need not: the append
   * compares the revision. Only an accepted decision with events may follow from such a state; everything else, and what
   * the node can't read, is read again.
   */
  async #firstState(task: Task<Command>): Promise<ComparedState<State>> {
    const { streamId, deadline } = task;
    const cached = this.#cache.get(streamId);
    if (cached !== undefined) return { ...cached, isCompared: false };
    if (this.#store.provesReads) {
      try {
        return { ...(await this.states.beforeAppend(streamId, deadline)), isCompared: false };
      } catch (caught) {
        if (!isFault(caught, 'unreadable-event') && !isFault(caught, 'written-by-newer-program')) throw caught;
      }
    }
    return this.#catchUp(task, this.states.nothing);
  }

  /** Waits for the lock on the stream. @throws DeadlineExceeded when it is not free in time. */
  #lock(streamId: StreamId, deadline: Deadline): Promise<void> | undefined {
    return this.#locks.tryEnter(streamId) ? undefined : enterInTime(this.#locks, streamId, deadline.atMost(WAIT_MS));
  }

  /**
   * A dry run: the answer the command would get now, by the stream's latest state. It decides as {@link handle} does
   * and writes nothing. Another writer may still be first.
   *
   * @throws DeadlineExceeded, WrittenByNewerProgram, UnreadableEvent, and as the store does.
   */
  async dryRun(
    streamId: StreamId,
    command: Command,
    context?: StateConditions & Waiting & Conditions,
  ): Promise<DryRun<Event, State, Rejection>> {
    demandCommand(streamId, command, context ?? {});
    return Deadline.run(`a command on ${streamId}`, context ?? {}, async (deadline) => {
      const source = this.#facts?.isNeededFor(command, context) === true ? this.#facts : undefined;
      const asked = { conditions: context, deadline };
      const facts = source && (await deadline.wait(source.lookUp(streamId, command, asked)));
      await this.#lock(streamId, deadline);
      try {
        const known = await this.#catchUp({ streamId, deadline }, this.#cache.get(streamId) ?? this.states.nothing);
        return { ...this.#decide({ streamId, command, context: context ?? {}, facts }, known), state: known.state };
      } finally {
        this.#locks.leave(streamId);
      }
    });
  }

  #decide(
    task: Omit<ReadyTask<Command, Facts>, 'context' | 'deadline'> & { context: StateConditions },
    known: StateAt<State>,
  ): Decision<Event, Rejection | PreconditionFailed> {
    const { streamId, command, context, facts } = task;
    const unmet = unmetCondition(context, known);
    if (unmet !== undefined) return unmet;
    const decision = atOnce(this.decider.decide(command, known.state, { streamId, facts }), 'decide');
    const outcome: unknown = decision?.outcome;
    if (outcome !== 'accepted' && outcome !== 'rejected')
      throw wrong('the answer of decide', 'an answer of accept or reject', decision);
    const events = decision.outcome === 'accepted' ? decision.events.length : 0;
    tell(this.#observe, { type: 'decision', streamId, outcome, events });
    return decision;
  }

  /** Backs off after a conflict. @throws ConcurrentChange when no attempt is left. */
  #backOff({ streamId, deadline }: Task<Command>, attempts: number, caught: unknown): Promise<void> {
    if (attempts >= this.#attempts) throw new Fault('concurrent-change', { streamId, attempts }, caught);
    return deadline.wait(pause(attempts));
  }

  async #catchUp(
    { streamId, deadline }: Pick<Task<Command>, 'streamId' | 'deadline'>,
    known: StateAt<State>,
  ): Promise<ComparedState<State>> {
    const caughtUp = await this.states.catchUp(streamId, known, deadline);
    this.#cache.set(streamId, caughtUp);
    return { ...caughtUp, isCompared: true };
  }

  /**
   * Answers a command that writes no event. A refusal first looks for a receipt, because the first attempt may have
   * been accepted. An accepted command with a key is recorded under its key, unless its stream has no events: a receipt
   * names a revision.
   */
  async #answerWithoutEvents(
    task: Task<Command>,
    known: ComparedState<State>,
    decision: Decision<Event, Rejection | PreconditionFailed>,
  ): Promise<Handled<Event, State, Rejection>> {
    if (decision.outcome === 'accepted') {
      const isRecorded = task.context.idempotencyKey !== undefined && known.revision !== undefined;
      return isRecorded ? this.#append(task, known, decision) : accepted(known, []);
    }
    const { state, revision } = known;
    const { rejection } = decision;
    return (await this.#replay(task)) ?? { outcome: 'rejected', rejection, state, revision };
  }

  /** The first answer to the command, folded from the events up to it; `undefined` when this is the first attempt. */
  async #replay(task: Task<Command>, lost?: Receipt): Promise<Handled<Event, State, Rejection> | undefined> {
    const { streamId, deadline } = task;
    const key = task.context.idempotencyKey;
    const receipt = key === undefined ? undefined : await this.#store.receipt(streamId, key, deadline);
    if (receipt === undefined) return undefined;
    const then = await this.states.atRevision(streamId, receipt.revision, deadline);
    if (then.revision !== receipt.revision) {
      // A restore between the two looks takes away both: it is lost only if the receipt is still there.
      if (lost?.revision === receipt.revision) throw eventLost(streamId, receipt);
      return this.#replay(task, receipt);
    }
    if (receipt.fingerprint === fingerprint(task.command)) return { ...accepted(then, []), isRepeated: true };
    const rejection = { reason: 'idempotency-key-reused', idempotencyKey: receipt.key } as const;
    return { outcome: 'rejected', rejection, state: then.state, revision: then.revision };
  }

  async #append(
    task: Task<Command>,
    known: StateAt<State>,
    decision: Accepted<Event>,
  ): Promise<Handled<Event, State, Rejection>> {
    const { streamId, context, deadline } = task;
    try {
      const events = newEvents(decision.events, { codec: this.#codec, ids: this.#ids, salts: this.#salts, context });
      const recorded = await this.#store.append(appendOf(task, known, { events, given: decision.given }), deadline);
      const decoded = recorded.map((event) => this.#codec.decode(event));
      const after = this.states.fold(known, decoded);
      this.#cache.set(streamId, after);
      return accepted(after, decoded);
    } catch (caught) {
      if (isFault(caught, 'revision-conflict') || isFault(caught, 'other-stream-changed')) throw caught;
      const replayed = isFault(caught, 'receipt-exists') ? await this.#replay(task) : undefined;
      if (replayed !== undefined) return replayed;
      this.#cache.delete(streamId);
      throw caught;
    }
  }
}

/** @throws RangeError naming what is not a text or an object. */
function demandCommand(streamId: unknown, command: unknown, context: unknown): void {
  demandString('streamId', streamId);
  demandOptions('the command', command ?? null);
  demandOptions('the context of a command', context ?? null);
}
