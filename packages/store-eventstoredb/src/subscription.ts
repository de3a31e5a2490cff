import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
  laterPosition,
  pageSizeOf,
  START,
  StoreUnavailable,
  subscribeByReading,
  type Position,
  type ReadAhead,
  type ReadAllOptions,
  type SubscriptionMessage,
} from '@login-policy/event-sourcing';
import { backOff, within } from './deadline.js';
import { Ending, leavable } from './ending.js';
import { failureOf, isFailure, STORE } from './faults.js';
import type { LiveSlots } from './live-slots.js';
import { ReadCall, SILENCE } from './read-call.js';
import { wantedAmong, type LogReader } from './reading-all.js';
import { subscriptionRequest } from './requests.js';
import { joinPosition, type WireEvent } from './rows.js';
import { lastPosition, type ReadingContext } from './server-reads.js';
import type { ServerFilter, Wanted } from './stream-names.js';

/** What subscribing needs besides what reading does. */
export interface SubscribingContext extends ReadingContext {
  readonly log: LogReader;
  readonly slots: LiveSlots;
}

type Messages = AsyncGenerator<SubscriptionMessage, void, undefined>;

/** What `EventStore.subscribe` promises. */
export function subscribe(context: SubscribingContext, options: ReadAllOptions): AsyncIterable<SubscriptionMessage> {
  return leavable((left) => new Subscription(context, options).messages(left));
}

/**
 * Follows the log from a position, over as many calls as it takes. It goes on from the last event it handed out, and takes
 * the server's word for nothing that would skip one.
 */
class Subscription {
  readonly #context: SubscribingContext;
  readonly #options: ReadAllOptions;
  readonly #isWanted: Wanted;
  readonly #filter: ServerFilter;
  readonly #pageSize: number;
  /** All that is wanted up to here has been handed out. */
  #reached: Position;
  /** As far as the server says it has looked; where the next call begins, never what this one skips. */
  #looked: Position;
  #announced: Position | undefined;
  /** What came and was not handed out yet: pages are filled while there is history to fill them with. */
  #gathered: WireEvent[] = [];
  #failures = 0;
  #isLive = false;
  #owedSince: number | undefined;

  constructor(context: SubscribingContext, options: ReadAllOptions) {
    this.#context = context;
    this.#options = options;
    this.#isWanted = context.names.wanted(options.filter);
    this.#filter = context.names.serverFilter(options.filter);
    this.#pageSize = pageSizeOf(options);
    this.#reached = options.after ?? START;
    this.#looked = this.#reached;
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
    const { connection, log, timeouts } = this.#context;
    const { signal } = ending;
    const resumed = laterPosition(this.#reached, this.#looked);
    // The end is read first: once the server says that it has caught up, all up to there has come. The record before the
    // one to resume after is there for certain: 23.10 skips a record wherever it begins, also if that one is gone.
    const [horizon, before] = await Promise.all([log.end(signal), log.before(resumed, signal)]);
    const options = { withinMs: timeouts.stallMs, ahead: Math.max(this.#pageSize, 64), signal };
    const call = await ReadCall.begin(connection, subscriptionRequest(before, this.#filter), options);
    this.#isLive = false;
    this.#owedSince = undefined;
    this.#gathered = [];
    try {
      while (!ending.isHere()) {
        const withinMs = this.#isLive ? timeouts.probeMs : timeouts.stallMs;
        const atMost = this.#pageSize - this.#gathered.length;
        const messages = await call.next({ atLeast: 1, atMost, withinMs });
        if (messages === undefined) return this.#refuseEnd(ending);
        if (messages === SILENCE) yield* this.#lookAround(signal);
        else {
          yield* this.#take(messages, horizon);
          if (this.#isLive && !call.hasMore) yield* this.#announce(this.#reached);
        }
      }
    } finally {
      call.cancel();
    }
  }

  /** The server has no reason to end a subscription well. */
  #refuseEnd(ending: Ending): void {
    if (ending.isHere()) return;
    throw new StoreUnavailable({ store: STORE, problem: 'the server ended a subscription' });
  }

  async *#take(messages: readonly ReadResp[], horizon: Position): Messages {
    for (const message of messages) {
      const record = message.getEvent()?.getEvent();
      if (record !== undefined) this.#gathered.push(record);
      else if (message.hasCheckpoint()) {
        yield* this.#handOut();
        this.#note(message, horizon);
      } else if (message.hasCaughtUp()) {
        yield* this.#handOut();
        this.#isLive = true;
        yield* this.#announce(laterPosition(horizon, this.#reached));
      }
    }
    if (this.#isLive || this.#gathered.length === this.#pageSize) yield* this.#handOut();
  }

  async *#handOut(): Messages {
    const { names } = this.#context;
    const records = this.#gathered;
    this.#gathered = [];
    const page = wantedAmong(records, { names, isWanted: this.#isWanted, after: this.#reached });
    this.#reached = laterPosition(this.#reached, lastPosition(records) ?? this.#reached);
    if (records.length > 0) {
      this.#failures = 0;
      this.#owedSince = undefined;
    }
    if (page.length === 0) return;
    yield { kind: 'events', events: page.map(({ event }) => event), position: this.#reached };
  }

  /**
   * A checkpoint is only used when it lies at or before a record that was there before the call began, and after all that
   * came before it was handed out: some servers send one at a place where the next event will stand, or at 2^64-1.
   */
  #note(message: ReadResp, horizon: Position): void {
    const checkpoint = message.getCheckpoint();
    if (checkpoint === undefined) return;
    const place = joinPosition(BigInt(checkpoint.getCommitPosition()), BigInt(checkpoint.getPreparePosition()));
    if (place <= horizon) this.#looked = laterPosition(this.#looked, place);
  }

  async *#announce(place: Position): Messages {
    if (this.#announced !== undefined && place <= this.#announced) return;
    this.#announced = place;
    this.#reached = laterPosition(this.#reached, place);
    yield { kind: 'caught-up', position: place };
  }

  /**
   * Nothing came for a while. Either there is nothing that is wanted, and then the reader may know how far the store is; or
   * there is, and the server owes it: it gets some time, then a new call.
   */
  async *#lookAround(signal: AbortSignal): Messages {
    const { log, names, timeouts } = this.#context;
    if (!this.#isLive) throw stalled(`nothing came for ${timeouts.stallMs} ms while catching up`);
    const end = await log.end(signal);
    if (signal.aborted || end <= this.#reached) return;
    const wish = { names, isWanted: this.#isWanted, after: this.#reached };
    const owed = await log.firstAfter(wish, this.#filter, signal);
    if (signal.aborted) return;
    if (owed === undefined) return yield* this.#announce(end);
    this.#owedSince ??= performance.now();
    if (performance.now() - this.#owedSince < timeouts.stallMs) return;
    throw stalled(`the event at ${owed} did not come for ${timeouts.stallMs} ms`);
  }

  /** Without a call of its own: looks for more from time to time. */
  async *#poll({ signal }: Ending): Messages {
    const { probeMs } = this.#context.timeouts;
    const source = {
      readAhead: (after: Position): Promise<ReadAhead> => this.#readAhead(after, signal),
      changed: async (stop: AbortSignal): Promise<void> => {
        await within(new Promise<void>(() => undefined), probeMs, stop);
      },
    };
    for await (const message of subscribeByReading(source, this.#reached, signal)) {
      this.#failures = 0;
      if (message.kind === 'events') this.#reached = message.position;
      if (message.kind === 'events') yield message;
      else yield* this.#announce(message.position);
    }
  }

  async #readAhead(after: Position, signal: AbortSignal): Promise<ReadAhead> {
    const { log } = this.#context;
    const end = await log.end(signal);
    const { filter, pageSize } = this.#options;
    const wish = {
      after,
      signal,
      ...(filter !== undefined && { filter }),
      ...(pageSize !== undefined && { pageSize }),
    };
    for await (const page of log.pages(wish)) {
      const last = page.at(-1)?.event.position ?? after;
      return { events: page.map(({ event }) => event), considered: last, isHead: false };
    }
    return { events: [], considered: signal.aborted ? after : end, isHead: true };
  }
}

function stalled(problem: string): StoreUnavailable {
  return new StoreUnavailable({ store: STORE, problem: `a subscription stalled: ${problem}` });
}
