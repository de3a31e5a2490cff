import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
  laterPosition,
  pageSizeOf,
  StoreUnavailable,
  type Position,
  type ReadAllOptions,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing';
import { Course } from './course.js';
import { backOff } from './deadline.js';
import { Ending, leavable } from './ending.js';
import { failureOf, foreignPosition, isFailure, isFailureInside, STORE } from './faults.js';
import type { LiveSlots } from './live-slots.js';
import { pollMessages } from './polling.js';
import { ReadCall, SILENCE } from './read-call.js';
import type { LogReader } from './reading-all.js';
import { subscriptionRequest } from './requests.js';
import { positionOf } from './rows.js';
import type { ReadingContext } from './server-reads.js';
import type { ServerFilter } from './stream-names.js';

/** What subscribing needs besides what reading does. */
export interface SubscribingContext extends ReadingContext {
  readonly log: LogReader;
  readonly slots: LiveSlots;
}

type Messages = AsyncGenerator<SubscriptionMessage, void, undefined>;

/** A server that finds its own end and fails at a place so often has no such place. */
const TRIES_AT_A_PLACE = 5;

/** What `EventStore.subscribe` promises. */
export function subscribe(context: SubscribingContext, options: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
  return leavable((left) => new Subscription(context, options).messages(left));
}

/** Follows the log, over as many calls to the server as it takes. */
class Subscription {
  readonly #context: SubscribingContext;
  readonly #options: ReadAllOptions;
  readonly #filter: ServerFilter;
  readonly #course: Course;
  #isLive = false;
  #owedSince: number | undefined;
  #failures = 0;
  #misplaced = 0;

  constructor(context: SubscribingContext, options: ReadAllOptions) {
    this.#context = context;
    this.#options = options;
    this.#filter = context.names.serverFilter(options.filter);
    this.#course = new Course(context.names, options);
  }

  async *messages(left: AbortSignal): Messages {
    const { closing, slots } = this.#context;
    const ending = new Ending(closing, { signals: [this.#options.signal, left] });
    const hasSlot = slots.take();
    try {
      while (!ending.isHere()) {
        try {
          yield* hasSlot ? this.#follow(ending) : this.#poll(ending);
        } catch (error) {
          await this.#recover(error, ending.signal);
        }
      }
    } finally {
      if (hasSlot) slots.give();
      ending.leave();
    }
  }

  /** Waits, and longer each time, unless the error is there to stay. */
  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (!isFailure(error)) throw error;
    const { fault, isFinal } = failureOf(error, 'following everything');
    if (isFinal) throw fault;
    this.#failures += 1;
    await backOff(this.#failures, signal);
  }

  /** One call to the server. Only its end, or the reader's, ends it. */
  async *#follow(ending: Ending): Messages {
    const { connection, timeouts } = this.#context;
    const { signal } = ending;
    const { horizon, before } = await this.#findPlace(this.#course.resume(), signal);
    const ahead = Math.max(pageSizeOf(this.#options), 64);
    const request = subscriptionRequest(before, this.#filter);
    const call = await ReadCall.begin(connection, request, { withinMs: timeouts.stallMs, ahead, signal });
    this.#isLive = false;
    this.#owedSince = undefined;
    try {
      while (!ending.isHere()) {
        const withinMs = this.#isLive ? timeouts.probeMs : timeouts.stallMs;
        const messages = await call.next({ atLeast: 1, atMost: this.#course.room, withinMs });
        if (messages === undefined) return refuseEnd(ending);
        if (messages === SILENCE) yield* this.#lookAround(signal);
        else yield* this.#take(messages, horizon);
        if (this.#isLive && messages !== SILENCE && !call.hasMore)
          yield* given(this.#course.announce(this.#course.reached));
      }
    } finally {
      call.cancel();
    }
  }

  /**
   * Where the log ends and where to begin. The end is read first: once the server says that it has caught up, all up to
   * there has come. The record before the one to resume after is there for certain, which that one need not be: 23.10
   * skips the first record it finds, also when the one it should skip was scavenged.
   */
  async #findPlace(resumed: Position, signal: AbortSignal): Promise<{ horizon: Position; before: Position }> {
    const { log } = this.#context;
    const horizon = await log.end(signal);
    if (this.#course.reached > horizon) await log.refuseBeyond(this.#course.reached, signal);
    try {
      return { horizon, before: await log.before(resumed, signal) };
    } catch (error) {
      this.#course.distrust();
      this.#misplaced += 1;
      if (this.#misplaced >= TRIES_AT_A_PLACE && isFailureInside(error)) throw foreignPosition(resumed, error);
      throw error;
    }
  }

  async *#take(messages: readonly ReadResp[], horizon: Position): Messages {
    this.#failures = 0;
    this.#misplaced = 0;
    for (const message of messages) {
      const record = message.getEvent()?.getEvent();
      if (record !== undefined) this.#course.gather(record);
      else if (message.hasCheckpoint()) {
        yield* this.#handOut('all');
        this.#course.note(message.getCheckpoint(), horizon);
      } else if (message.hasCaughtUp()) {
        yield* this.#handOut('all');
        this.#isLive = true;
        if (!this.#course.isInside) yield* given(this.#course.announce(laterPosition(horizon, this.#course.reached)));
      }
    }
    yield* this.#handOut(this.#isLive ? 'all' : 'full');
  }

  async *#handOut(which: 'all' | 'full'): Messages {
    this.#owedSince = undefined;
    yield* this.#course.handOut(which);
  }

  /**
   * Nothing came for a while. Either there is nothing that is wanted, and then the reader may know how far the store is; or
   * there is, and the server owes it: it gets some time, then a new call.
   */
  async *#lookAround(signal: AbortSignal): Messages {
    const { log, timeouts } = this.#context;
    if (!this.#isLive) throw stalled(`nothing came for ${timeouts.stallMs} ms while catching up`);
    const end = await log.end(signal);
    if (signal.aborted || end <= this.#course.reached) return;
    const owed = await log.firstAfter(this.#course.reached, this.#options.filter, signal);
    if (signal.aborted) return;
    if (owed === undefined) return yield* given(this.#course.announce(end));
    this.#owedSince ??= performance.now();
    if (performance.now() - this.#owedSince < timeouts.stallMs) return;
    throw stalled(`the event at ${positionOf(owed)} did not come for ${timeouts.stallMs} ms`);
  }

  /** Without a call of its own. */
  async *#poll({ signal }: Ending): Messages {
    const { log, timeouts } = this.#context;
    const polling = { log, options: this.#options, everyMs: timeouts.probeMs, signal };
    for await (const message of pollMessages(this.#course.reached, polling)) {
      this.#failures = 0;
      if (message.kind === 'caught-up') yield* given(this.#course.announce(message.position));
      else {
        this.#course.reach(message.position);
        yield message;
      }
    }
  }
}

/** A message, if there is one. */
async function* given(message: SubscriptionMessage | undefined): Messages {
  if (message !== undefined) yield message;
}

/** The server has no reason to end a subscription well. */
function refuseEnd(ending: Ending): void {
  if (ending.isHere()) return;
  throw new StoreUnavailable({ store: STORE, problem: 'the server ended a subscription' });
}

function stalled(problem: string): StoreUnavailable {
  return new StoreUnavailable({ store: STORE, problem: `a subscription stalled: ${problem}` });
}
