import { isFault, revision, type Position, type RecordedEvent, type StreamId } from '@login-policy/event-sourcing';
import {
  AnswerLost,
  DeadlineExceeded,
  KeyedMutex,
  pause,
  type Found,
  type Placed,
  type PlacedAppend,
  type Plan,
  type Planned,
  type Question,
  type Transacted,
  type Transaction,
} from '@login-policy/event-sourcing/store';
import { lost, type Lost } from './append-answer.js';
import type { Order } from './batch-requests.js';
import type { Delivered, Delivery } from './delivery.js';
import { Ending } from './ending.js';
import { failureOf, notBegun, overtaken } from './faults.js';
import type { LogEnds } from './log-ends.js';
import { foundAt, type Lookups } from './look.js';
import type { Receipts } from './receipts.js';
import { proposalOf } from './rows.js';
import type { ReadingContext } from './server-reads.js';
import { Slots } from './slots.js';

/** Appends under way at a time, from the look for the stream's end to the answer; the others wait for their turn. */
const MOST_UNDER_WAY = 256;

/** What writing needs besides what reading does. */
export interface WritingContext extends ReadingContext {
  readonly lookups: Lookups;
  readonly receipts: Receipts;
  readonly delivery: Delivery;
  readonly ends: LogEnds;
}

/** One append on its way. */
interface Undertaking<Result> {
  readonly transaction: Transaction<Result>;
  readonly question: Question;
  readonly streamId: StreamId;
  /** When it may not begin any more, by `performance.now()`. */
  readonly until: number;
  /** Ends waits: with the caller's before the first plan, with the store, and after that time. */
  readonly ending: Ending;
}

/**
 * Carries out the plans of single appends. Each goes out at one exact revision, whatever the caller expected, so that
 * the server's log decides and a lost answer can be found out.
 */
export class Writer {
  readonly #context: WritingContext;
  readonly #turns = new KeyedMutex<StreamId>();
  readonly #slots = new Slots(MOST_UNDER_WAY);
  /** How the answers to plans were lost. */
  readonly #lost = new WeakMap<Plan, Lost>();

  constructor(context: WritingContext) {
    this.#context = context;
  }

  /** What `LogBackend.transact` promises. */
  async transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const undertaking = this.#begin(transaction);
    try {
      const entering = this.#enter(undertaking);
      if (entering !== undefined) await entering;
      try {
        return await this.#attempts(undertaking);
      } finally {
        this.#leave(undertaking);
      }
    } catch (error) {
      throw this.#faultOf(error, undertaking);
    } finally {
      undertaking.ending.leave();
    }
  }

  /** What `LogBackend.wasWritten` promises. */
  async wasWritten(plan: Plan): Promise<Placed | boolean> {
    const [placed] = plan.appends;
    if (placed === undefined) return true;
    const order = this.#orderOf(placed);
    const delivered = await this.#context.delivery.findOut(order, this.#lost.get(plan) ?? lost('its answer was lost'));
    return delivered.kind === 'written' && [this.#record(placed, order, delivered.positions)];
  }

  #begin<Result>(transaction: Transaction<Result>): Undertaking<Result> {
    const { question } = transaction;
    const [streamId] = question.streams;
    if (streamId === undefined) throw new TypeError('an append names its stream');
    const { closing, timeouts } = this.#context;
    const ending = new Ending(closing, { wait: transaction, afterMs: timeouts.appendMs });
    return { transaction, question, streamId, until: performance.now() + timeouts.appendMs, ending };
  }

  /**
   * Of a crowd at once, none would get through in its time. And appends that expect nothing exact of a stream would
   * only meet others of this process there. `undefined` where neither holds it up.
   */
  #enter(undertaking: Undertaking<unknown>): Promise<void> | undefined {
    const { transaction, streamId, ending } = undertaking;
    const turn = transaction.isLoose === true ? this.#turns.enter(streamId, ending) : undefined;
    return turn === undefined && this.#slots.enterAtOnce() ? undefined : this.#waitFor(turn, undertaking);
  }

  async #waitFor(turn: Promise<boolean> | undefined, undertaking: Undertaking<unknown>): Promise<void> {
    const { transaction, streamId, ending } = undertaking;
    if (turn !== undefined && !(await turn)) throw givenUp(streamId);
    const slot = this.#slots.enter(this.#context.timeouts.appendMs, ending);
    if (slot === true || (await slot)) return;
    if (transaction.isLoose === true) this.#turns.leave(streamId);
    throw givenUp(streamId);
  }

  #leave({ transaction, streamId }: Undertaking<unknown>): void {
    this.#slots.leave();
    if (transaction.isLoose === true) this.#turns.leave(streamId);
  }

  async #attempts<Result>(undertaking: Undertaking<Result>): Promise<Transacted<Result>> {
    let planned = await this.#remembered(undertaking);
    for (let attempt = 1; ; attempt++) {
      // What refuses an append is looked up.
      if (planned === undefined || planned.plan.appends.length === 0) planned = await this.#looked(undertaking);
      const { plan, result } = planned;
      const [placed] = plan.appends;
      const done = { plan, result, token: undefined, plannedFromCache: false };
      if (placed === undefined) return done;
      const order = this.#orderOf(placed);
      const sent = await this.#send(placed, order);
      if (sent.kind === 'written') return { ...done, placed: [this.#record(placed, order, sent.positions)] };
      if (sent.kind === 'lost') throw this.#answerLost(plan, sent, order);
      if (attempt > 1) await pause(attempt);
      if (performance.now() > undertaking.until) throw overtaken(placed.append, attempt, sent.actual);
      planned = undefined;
    }
  }

  /** A plan by what is remembered of the end of the stream. */
  #remembered<Result>(undertaking: Undertaking<Result>): Planned<Result> | Promise<Planned<Result>> | undefined {
    const { question, streamId, ending } = undertaking;
    const { known, lookups } = this.#context;
    const { head } = known.of(streamId);
    if (head === undefined) return undefined;
    if (question.receipts.length === 0) return planOn(undertaking, foundAt(streamId, head));
    return lookups.find(question, ending, head).then((found) => planOn(undertaking, found));
  }

  async #looked<Result>(undertaking: Undertaking<Result>): Promise<Planned<Result>> {
    const { question, ending } = undertaking;
    return planOn(undertaking, await this.#context.lookups.find(question, ending));
  }

  #send(placed: PlacedAppend, order: Order): Promise<Delivered | Lost> {
    if (placed.recorded.length === 0) return this.#keepReceipt(placed);
    const { known, delivery } = this.#context;
    // Until it is known better: whatever comes of it, the stream is not where it was.
    known.of(order.streamId).head = undefined;
    return delivery.send(order);
  }

  /** Of a command that had nothing to change. */
  async #keepReceipt({ append: { streamId, receipt }, end }: PlacedAppend): Promise<Delivered> {
    const became = receipt && (await this.#context.receipts.keep({ streamId, receipt, revision: end.revision }));
    return became === 'overtaken' ? { kind: 'conflict', actual: undefined } : { kind: 'written', positions: [] };
  }

  #answerLost(plan: Plan, lostAnswer: Lost, { streamId }: Order): AnswerLost {
    this.#lost.set(plan, lostAnswer);
    return new AnswerLost(failureOf(lostAnswer.cause, `appending to ${streamId}`).fault, 'try-again');
  }

  #orderOf({ append: { streamId, receipt }, recorded }: PlacedAppend): Order {
    const first = recorded[0]?.revision ?? 0n;
    const last = recorded.length - 1;
    return {
      streamId,
      streamName: this.#context.names.nameOf(streamId),
      expected: first === 0n ? 'no-stream' : revision(first - 1n),
      proposals: recorded.map((event, index) => proposalOf(event, index === last ? receipt : undefined)),
    };
  }

  /** The events where the server has placed them. */
  #record(
    { append: { streamId, receipt }, recorded: planned }: PlacedAppend,
    { proposals }: Order,
    positions: readonly Position[],
  ): readonly RecordedEvent[] {
    const { ends, known, own } = this.#context;
    const recorded = Object.freeze(planned.map((event, index) => placedAt(event, positions[index])));
    const last = recorded.length - 1;
    const stored = recorded.map((event, index) => ({ event, receipt: index === last ? receipt : undefined }));
    known.see(streamId, stored);
    own.note(stored, proposals);
    ends.note(positions.at(-1));
    return recorded;
  }

  /** A wait that has ended, by whatever ended it. */
  #faultOf(error: unknown, { transaction, streamId, ending }: Undertaking<unknown>): unknown {
    if (!isFault(error, 'deadline-exceeded')) return error;
    if (transaction.signal?.aborted === true) return givenUp(streamId);
    // The time of this store was up, not the caller's, unless it was closed: then it says so itself.
    ending.isHere();
    return notBegun(streamId, this.#context.timeouts.appendMs);
  }
}

/** @throws DeadlineExceeded, StoreClosed when nothing may begin any more. */
function planOn<Result>({ transaction, ending }: Undertaking<Result>, found: Found): Planned<Result> {
  if (ending.isHere()) throw new DeadlineExceeded({ doing: 'planning an append' });
  const planned = transaction.plan(found);
  if ('plan' in planned) return planned;
  throw new TypeError('a log without rows has nothing more to look up');
}

function placedAt(event: RecordedEvent, position: Position | undefined): RecordedEvent {
  if (position === undefined) throw new TypeError('an event that was written has no position');
  return Object.freeze({ ...event, position });
}

function givenUp(streamId: StreamId): DeadlineExceeded {
  return new DeadlineExceeded({ doing: `appending to ${streamId}` });
}
