import { laterPosition, START, type Position } from '@login-policy/event-sourcing';
import { Listener, StoreUnavailable } from '@login-policy/event-sourcing/store';
import { Ending } from './ending.js';
import { STORE } from './faults.js';
import { Patience } from './patience.js';
import { ReadCall, SILENCE } from './read-call.js';
import type { LogReader } from './reads.js';
import { subscriptionRequest } from './requests.js';
import { logRecordsOf, type ReadingContext } from './server-reads.js';
import type { LogRecord } from './log-record.js';

/** What following needs besides what reading does. */
export interface FeedContext extends ReadingContext {
  readonly log: LogReader;
}

/** Messages of the server that wait here at the most; then it is made to wait. */
const AHEAD = 500;

/** About a second in all: those who follow are stopped for good by a wrong answer of a node that has just become the leader. */
const LOOKS_BEFORE_STOPPING = 8;

/**
 * The one live call of a store, handed out to all its subscribers: a connection carries 100 calls at a time, and a server
 * that reads its log for each of hundreds of them is slow. It is there as long as somebody listens.
 */
export class LiveFeed {
  readonly #context: FeedContext;
  #run: FeedRun | undefined;

  constructor(context: FeedContext) {
    this.#context = context;
  }

  /** Listens to all that is written from some place on: the first thing that is heard says where. */
  join(): Listener<LogRecord> {
    if (this.#run === undefined || this.#run.isOver) this.#run = new FeedRun(this.#context);
    return this.#run.join();
  }
}

/** From the first listener to the last, or to a fault that does not pass. */
class FeedRun {
  readonly #context: FeedContext;
  readonly #left = new AbortController();
  readonly #listeners = new Set<Listener<LogRecord>>();
  /** All up to here was handed out to who listened; unknown until the server has said where its end is. */
  #looked: Position | undefined;
  /** The last event of this store up to there. */
  #last: Position = START;
  readonly #ending: Ending;
  readonly #patience: Patience;
  #owedSince: number | undefined;

  constructor(context: FeedContext) {
    this.#context = context;
    this.#ending = new Ending(context.closing, { signals: [this.#left.signal] });
    this.#patience = Patience.endless(this.#ending.signal);
    this.#follow().catch(() => undefined);
  }

  get isOver(): boolean {
    return this.#left.signal.aborted;
  }

  join(): Listener<LogRecord> {
    const listener: Listener<LogRecord> = new Listener(undefined, () => this.#leave(listener));
    this.#listeners.add(listener);
    if (this.#looked !== undefined) listener.hear({ items: [], position: this.#looked, isHead: true });
    return listener;
  }

  #leave(listener: Listener<LogRecord>): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#left.abort();
  }

  /** Never rejects: what does not pass ends it for all who listen. */
  async #follow(): Promise<void> {
    const ending = this.#ending;
    try {
      while (!ending.isHere()) await this.#once(ending).catch((error: unknown) => this.#patience.after(error));
    } catch (error) {
      this.#left.abort();
      for (const listener of this.#listeners) listener.fail(error);
    } finally {
      ending.leave();
    }
  }

  /**
   * One call to the server, from where the last one got to: behind the last event of this store, which is there for certain. A server
   * of 23.10 skips the first record it finds at or after the place it is to begin behind, and one of the server's own at the end of the
   * log may have been scavenged since.
   */
  async #once(ending: Ending): Promise<void> {
    const { connection, names, timeouts } = this.#context;
    const { signal } = ending;
    await this.#findPlace(signal);
    if (ending.isHere()) return;
    const request = subscriptionRequest(this.#last, names.serverFilter(undefined));
    const call = await ReadCall.begin(connection, request, { withinMs: timeouts.stallMs, ahead: AHEAD, signal });
    this.#owedSince = undefined;
    let lookedAround = performance.now();
    try {
      while (!ending.isHere()) {
        const messages = await call.next({ atLeast: 1, atMost: AHEAD, withinMs: timeouts.probeMs });
        if (messages === undefined && !ending.isHere()) throw stalled('the server ended it');
        if (messages !== undefined && messages !== SILENCE) this.#hand(logRecordsOf(messages));
        // Also while others write all the time: their records come as checkpoints, and are no silence.
        if (messages !== SILENCE && performance.now() - lookedAround < timeouts.probeMs) continue;
        await this.#lookAround(signal);
        lookedAround = performance.now();
      }
    } finally {
      call.cancel();
    }
  }

  /** At first the end of the log; later it is held against the log that is there now. @throws PositionUnknown when that is another one. */
  async #findPlace(signal: AbortSignal): Promise<void> {
    const { log } = this.#context;
    if (this.#looked !== undefined) return log.demandKnown(this.#looked, signal, LOOKS_BEFORE_STOPPING);
    const { last, end } = await log.look(signal);
    if (signal.aborted) return;
    this.#last = last;
    this.#reach(end);
  }

  #hand(records: readonly LogRecord[]): void {
    this.#patience.renew();
    const last = records.findLast(this.#context.names.wanted(undefined))?.position;
    if (last === undefined) return;
    this.#owedSince = undefined;
    this.#last = last;
    this.#looked = laterPosition(this.#looked ?? last, last);
    this.#context.log.note(last);
    const news = { items: records, position: this.#looked, isHead: true };
    for (const listener of this.#listeners) listener.hear(news);
  }

  #reach(place: Position): void {
    if (this.#looked !== undefined && place <= this.#looked) return;
    this.#looked = place;
    for (const listener of this.#listeners) listener.hear({ items: [], position: place, isHead: true });
  }

  /**
   * Nothing came for a while. Either there is nothing of this store, and then those who listen may know how far the server is; or
   * there is, and the server owes it: it gets some time, then a new call.
   */
  async #lookAround(signal: AbortSignal): Promise<void> {
    const { log, timeouts } = this.#context;
    const { last, end } = await log.look(signal);
    if (signal.aborted) return;
    if (last <= this.#last) return this.#reach(end);
    this.#owedSince ??= performance.now();
    if (performance.now() - this.#owedSince < timeouts.stallMs) return;
    throw stalled(`the event at ${last} did not come for ${timeouts.stallMs} ms`);
  }
}

function stalled(problem: string): StoreUnavailable {
  return new StoreUnavailable({ store: STORE, problem: `a subscription stalled: ${problem}` });
}
