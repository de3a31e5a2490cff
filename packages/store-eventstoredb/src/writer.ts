import {
  Fault,
  isFault,
  type Position,
  type RecordedEvent,
  revision,
  type StreamId,
} from '@login-policy/event-sourcing';
import {
  AnswerLost,
  type Found,
  KeyedMutex,
  type LogBackend,
  pause,
  type Plan,
  type Planned,
  type Question,
  type Transacted,
  type Transaction,
} from '@login-policy/event-sourcing/store';
import { lost, type Lost } from './answers.js';
import type { PreparedAppend } from './requests.js';
import type { Delivered, Delivery } from './delivery.js';
import { failureOf, notSent, overtaken, tooBig } from './faults.js';
import type { LogEnds } from './log.js';
import { foundAt, type BeforeAppend, type Lookups } from './lookups.js';
import type { Receipts } from './receipts.js';
import { proposalOf, sizeOf } from './record.js';
import type { ReadingContext } from './server-reads.js';
import { Cancellation, Semaphore } from './time.js';

type PlacedAppend = Plan['appends'][number];

/** The most concurrent appends, from the look-up of the stream's end to the answer. Others wait. */
const MOST_CONCURRENT = 256;

/** The most bytes of one append, which is sent in one message. The server accepts 16,767,216 bytes. */
const LARGEST_APPEND = 16_000_000;

/** The context of reads, plus the parts for writing. */
export interface WritingContext extends ReadingContext {
  readonly lookups: Lookups;
  readonly receipts: Receipts;
  readonly delivery: Delivery;
  readonly ends: LogEnds;
}

/** A running append. */
interface PendingAppend<Result> {
  readonly transaction: Transaction<Result>;
  readonly question: Question;
  readonly streamId: StreamId;
  readonly withinMs: number;
  /** When it is too late to begin, by `performance.now()`. */
  readonly until: number;
  /** Ends each wait: when the caller's signal fires, the store is closed, or `until` has passed. */
  readonly cancellation: Cancellation;
}

/**
 * Carries out the plans of single appends. Each append names the exact revision to append after, whatever the caller
 * expected. So the server detects a conflict, and the outcome of a lost answer can be looked up.
 */
export class Writer {
  readonly #context: WritingContext;
  readonly #streamLocks = new KeyedMutex<StreamId>();
  readonly #slots = new Semaphore(MOST_CONCURRENT);
  /** The lost answer of each plan. */
  readonly #lostAnswers = new WeakMap<Plan, Lost>();

  constructor(context: WritingContext) {
    this.#context = context;
  }

  /** See `LogBackend.transact`. */
  async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const { appendMs, turnMs } = this.#context.timeouts;
    await this.#during(transaction, turnMs, (waiting) => this.#enter(waiting));
    try {
      return await this.#during(transaction, appendMs, (pending) => this.#attempt(pending));
    } finally {
      this.#leave(transaction);
    }
  }

  /** Does something within a time of its own, and names the fault of a wait that has ended. */
  async #during<Result, Answer>(
    transaction: Transaction<Result>,
    withinMs: number,
    act: (pending: PendingAppend<Result>) => Promise<Answer>,
  ): Promise<Answer> {
    const pending = this.#begin(transaction, withinMs);
    try {
      return await act(pending);
    } catch (error) {
      throw this.#faultOf(error, pending);
    } finally {
      pending.cancellation.dispose();
    }
  }

  /** See `LogBackend.findWritten`. */
  async findWritten(plan: Plan): ReturnType<LogBackend['findWritten']> {
    const [placed] = plan.appends;
    if (placed === undefined) return true;
    const prepared = this.#prepared(placed);
    const delivered = await this.#context.delivery.findOut(
      prepared,
      this.#lostAnswers.get(plan) ?? lost('its answer was lost'),
    );
    return delivered.kind === 'written' && [this.#record(placed, prepared, delivered.positions)];
  }

  #begin<Result>(transaction: Transaction<Result>, withinMs: number): PendingAppend<Result> {
    const { question } = transaction;
    const streamId = streamOf(transaction);
    const cancellation = new Cancellation(this.#context.closing, transaction, withinMs);
    return { transaction, question, streamId, withinMs, until: performance.now() + withinMs, cancellation };
  }

  /**
   * Waits for a turn. Concurrency is limited, because with too many concurrent appends none would finish in time.
   * Appends that do not expect an exact revision also run one at a time per stream, because they would only conflict
   * with each other.
   */
  async #enter({ transaction, streamId, withinMs, cancellation }: PendingAppend<unknown>): Promise<void> {
    const lock = transaction.isLoose === true ? this.#streamLocks.enter(streamId, cancellation) : undefined;
    if (lock !== undefined && !(await lock)) throw deadlineExceeded(streamId);
    if (this.#slots.tryAcquire() || (await this.#slots.acquire(withinMs, cancellation))) return;
    if (transaction.isLoose === true) this.#streamLocks.leave(streamId);
    throw deadlineExceeded(streamId);
  }

  #leave(transaction: Transaction<unknown>): void {
    this.#slots.release();
    if (transaction.isLoose === true) this.#streamLocks.leave(streamOf(transaction));
  }

  async #attempt<Result>(pending: PendingAppend<Result>): Promise<Transacted<Result>> {
    let planned = await this.#firstPlan(pending);
    for (let attempt = 1; ; attempt++) {
      // A plan without events may be a refusal, or nothing to change, because of outdated facts, so look them up.
      if (planned === undefined || !hasEvents(planned.plan)) planned = await this.#planFromLookUp(pending);
      const { plan, result } = planned;
      const [placed] = plan.appends;
      const done = { plan, result, token: undefined, plannedFromCache: false };
      if (placed === undefined) return done;
      const prepared = this.#prepared(placed);
      const sent = await this.#send(placed, prepared);
      if (sent.kind === 'written') return { ...done, placed: [this.#record(placed, prepared, sent.positions)] };
      if (sent.kind === 'lost') throw this.#answerLost(plan, sent, prepared);
      if (attempt > 1) await pause(attempt);
      if (performance.now() > pending.until) throw overtaken(placed.append, attempt, sent.actual);
      planned = undefined;
    }
  }

  /**
   * A first plan, which is believed only if it appends: from the cached end of the stream, or else from its end on any
   * node. Only the leader is asked for a receipt, and for the end of another stream.
   */
  #firstPlan<Result>(pending: PendingAppend<Result>): Planned<Result> | Promise<Planned<Result>> | undefined {
    const { question, streamId } = pending;
    const { head } = this.#context.known.of(streamId);
    const isKeyed = question.receipts.length > 0;
    if (head === undefined && isKeyed) return undefined;
    const hasOthers = [...question.streams].length > 1;
    if (head !== undefined && !isKeyed && !hasOthers) return planOn(pending, foundAt(streamId, head));
    return this.#planFromLookUp(pending, head === undefined ? { isAnyNodeAsked: true } : { known: head });
  }

  async #planFromLookUp<Result>(pending: PendingAppend<Result>, wait: BeforeAppend = {}): Promise<Planned<Result>> {
    const { question, streamId, cancellation } = pending;
    const { signal } = cancellation;
    const found = await this.#context.lookups.beforeAppend(question, { ...wait, signal });
    const planned = planOn(pending, found);
    const [key] = question.receipts;
    // A stream without events has no receipts. And where one was found, nothing is appended.
    if (key === undefined || found.receipts.length > 0 || !found.ends.has(streamId)) return planned;
    // A plan without events from a cached end is made again; and a receipt without events is written at "no stream".
    const isAsked = hasEvents(planned.plan) || (wait.known === undefined && planned.plan.appends.length === 0);
    const own = isAsked ? await this.#context.receipts.findOwn(key, { signal }) : undefined;
    return own === undefined ? planned : planOn(pending, { ...found, receipts: [{ streamId, ...own }] });
  }

  #send(placed: PlacedAppend, prepared: PreparedAppend): Promise<Delivered | Lost> {
    if (placed.recorded.length === 0) return this.#storeReceipt(placed);
    const { known, delivery } = this.#context;
    // Whatever the outcome, the cached head may be outdated from now on.
    known.of(prepared.streamId).head = undefined;
    return delivery.send(prepared);
  }

  /** Stores the receipt of a command that had nothing to change. */
  async #storeReceipt({ append: { streamId, receipt }, end }: PlacedAppend): Promise<Delivered> {
    if (receipt !== undefined) await this.#context.receipts.store({ streamId, receipt, revision: end.revision });
    return { kind: 'written', positions: [] };
  }

  #answerLost(plan: Plan, lostAnswer: Lost, { streamId }: PreparedAppend): AnswerLost {
    this.#lostAnswers.set(plan, lostAnswer);
    return new AnswerLost(failureOf(lostAnswer.cause, `appending to ${streamId}`).fault, 'try-again');
  }

  #prepared({ append: { streamId, receipt }, recorded }: PlacedAppend): PreparedAppend {
    const first = recorded[0]?.revision ?? 0n;
    const last = recorded.length - 1;
    const proposals = recorded.map((event, index) => proposalOf(event, index === last ? receipt : undefined));
    const size = proposals.reduce((sum, proposal) => sum + sizeOf(proposal), 0);
    if (size > LARGEST_APPEND) throw tooBig(`an append of ${size} bytes exceeds the limit of ${LARGEST_APPEND} bytes`);
    const expected = first === 0n ? 'no-stream' : revision(first - 1n);
    return { streamId, streamName: this.#context.names.nameOf(streamId), expected, proposals };
  }

  /** The events with the positions that the server assigned. */
  #record(
    { append: { streamId, receipt }, recorded: planned }: PlacedAppend,
    { proposals }: PreparedAppend,
    positions: readonly Position[],
  ): readonly RecordedEvent[] {
    const { ends, known, ownEvents } = this.#context;
    const recorded = Object.freeze(planned.map((event, index) => placedAt(event, positions[index])));
    const last = recorded.length - 1;
    const stored = recorded.map((event, index) => ({ event, receipt: index === last ? receipt : undefined }));
    known.record(streamId, stored);
    ownEvents.note(stored, proposals);
    ends.note(recorded.at(-1));
    return recorded;
  }

  /** The fault of an ended wait, by its cause. */
  #faultOf(error: unknown, { transaction, streamId, withinMs, cancellation }: PendingAppend<unknown>): unknown {
    if (!isFault(error, 'deadline-exceeded')) return error;
    if (transaction.signal?.aborted === true) return deadlineExceeded(streamId);
    // The store's own time-out passed, not the caller's. If the store was closed, this throws `StoreClosed`.
    cancellation.isCancelled();
    return notSent(streamId, withinMs, error.cause);
  }
}

/** @throws DeadlineExceeded, StoreClosed when it is too late to begin. */
function planOn<Result>({ transaction, cancellation }: PendingAppend<Result>, found: Found): Planned<Result> {
  if (cancellation.isCancelled()) throw new Fault('deadline-exceeded', { doing: 'planning an append' });
  return transaction.plan(found);
}

function hasEvents({ appends: [placed] }: Plan): boolean {
  return placed !== undefined && placed.recorded.length > 0;
}

/** @throws TypeError for an append without a stream. */
function streamOf({ question }: Transaction<unknown>): StreamId {
  const [streamId] = question.streams;
  if (streamId === undefined) throw new TypeError('expected an append with a stream');
  return streamId;
}

function placedAt(event: RecordedEvent, position: Position | undefined): RecordedEvent {
  if (position === undefined) throw new TypeError('expected a position for each written event');
  return Object.freeze({ ...event, position });
}

function deadlineExceeded(streamId: StreamId): Fault<'deadline-exceeded'> {
  return new Fault('deadline-exceeded', { doing: `appending to ${streamId}` });
}
