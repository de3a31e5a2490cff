import { START, type Position } from '@login-policy/event-sourcing';
import { PositionUnknown, onAbort, StoreUnavailable, type ReadAhead } from '@login-policy/event-sourcing/store';
import { Ending } from './ending.js';
import { STORE } from './faults.js';
import { PageMaker } from './page-maker.js';
import { PageReader, type FollowingContext } from './page-reader.js';
import { Patience } from './patience.js';
import { ReadCall, SILENCE } from './read-call.js';
import { subscriptionRequest } from './requests.js';
import { logRecordsOf } from './server-reads.js';

/** Messages of the server that wait here at the most; then it is made to wait. */
const AHEAD = 500;

/** To put a backup back takes longer. */
const PAUSE_MS = 20;

/** The live call of a store, and what has come of it. */
interface Live {
  readonly call: ReadCall;
  readonly maker: PageMaker;
  lookedAround: number;
  heardAt: number;
  owedSince: number | undefined;
}

/**
 * Reads on as events are written: up to the end by reads, then by a call on which the server says what comes. When that breaks, or keeps
 * something back, reads go on from where it was; so nothing is lost between the two, and a log that is another one now is noticed.
 */
export class LiveReader {
  readonly #context: FollowingContext;
  readonly #ending: Ending;
  readonly #patience: Patience;
  readonly #history: PageReader;
  /** The last event of this store up to where the reading is; not known at first. */
  #last: Position | undefined;
  #live: Live | undefined;

  constructor(context: FollowingContext, signal: AbortSignal) {
    this.#context = context;
    this.#ending = new Ending(context.closing, { signals: [signal] });
    onAbort(signal, () => this.#ending.leave());
    this.#patience = Patience.endless(this.#ending.signal);
    this.#history = new PageReader(context, { signal });
  }

  /** The next events after a position, or how far there are none. Waits until it can say one or the other. */
  async read(after: Position): Promise<ReadAhead> {
    while (!this.#ending.isHere()) {
      try {
        const ahead = await (this.#live === undefined ? this.#catchUp(after) : this.#hear(this.#live, after));
        if (ahead !== undefined) return ahead;
      } catch (error) {
        this.#live?.call.cancel();
        this.#live = undefined;
        await this.#patience.after(error);
      }
    }
    return { events: [], scannedUpTo: after, reachedHead: true };
  }

  /** By reads; at the end the call is begun. */
  async #catchUp(after: Position): Promise<ReadAhead | undefined> {
    const { log } = this.#context;
    const { signal } = this.#ending;
    const last = this.#last ?? (await log.ends.prove(START, signal)).head;
    const ahead = await this.#history.read(after);
    if (this.#ending.isHere()) return undefined;
    this.#last = ahead.events.at(-1)?.position ?? last;
    // What the head was before has been read by now, or this was not the end.
    if (this.#last > ahead.scannedUpTo) return { ...ahead, reachedHead: false };
    if (ahead.reachedHead) await this.#begin(this.#last, ahead.scannedUpTo);
    return ahead;
  }

  /**
   * Begins the call behind the last event of this store, which is there for certain. A server of 23.10 skips the first record it finds at
   * or after the place it is to begin behind, and a checkpoint of an older version may be a record of others that was scavenged since.
   */
  async #begin(last: Position, reached: Position): Promise<void> {
    const { connection, leadership, names, timeouts } = this.#context;
    const isSame = await leadership.demand(this.#ending.signal);
    const request = subscriptionRequest(last, names.serverFilter(undefined));
    const options = { withinMs: timeouts.stallMs, ahead: AHEAD, atLeast: 1, signal: this.#ending.signal };
    const call = await ReadCall.begin(connection, request, options);
    if (!isSame()) {
      call.cancel();
      throw stalled('the connection broke as it was begun');
    }
    const maker = new PageMaker(this.#context, undefined, reached);
    this.#live = { call, maker, lookedAround: performance.now(), heardAt: -Infinity, owedSince: undefined };
  }

  async #hear(live: Live, after: Position): Promise<ReadAhead | undefined> {
    const { call, maker } = live;
    const { log, timeouts } = this.#context;
    const messages = await call.next(timeouts.probeMs);
    if (this.#ending.isHere()) return undefined;
    if (messages === undefined) throw stalled('the server ended it');
    if (messages !== SILENCE) maker.take(logRecordsOf(messages));
    if (messages === SILENCE) maker.settle();
    if (maker.whole > 0) {
      // Pages of one history: after a pause, the event before this one has to be there still.
      if (performance.now() - live.heardAt > PAUSE_MS) await this.#demandInLog(this.#last ?? START);
      live.heardAt = performance.now();
      const events = maker.handOut(Infinity).map(({ event }) => event);
      this.#patience.renew();
      live.owedSince = undefined;
      this.#last = maker.handedOut;
      log.ends.note(this.#last);
      // It was heard, and may have been on its way for long: it proves nothing of the head.
      return { events, scannedUpTo: maker.handedOut, reachedHead: true, askedAt: -Infinity };
    }
    // Also while others write all the time: their records come as checkpoints, and are no silence.
    if (messages !== SILENCE && performance.now() - live.lookedAround < timeouts.probeMs) return undefined;
    live.lookedAround = performance.now();
    await this.#lookAround(live, after);
    return undefined;
  }

  async #demandInLog(position: Position): Promise<void> {
    const { ends } = this.#context.log;
    const { signal } = this.#ending;
    if ((await ends.isInLog(position, signal)) || this.#ending.isHere()) return;
    const { isInLog, head } = await ends.prove(position, signal);
    if (!isInLog && !this.#ending.isHere()) throw new PositionUnknown({ position, head });
  }

  /** Nothing came for a while. Either there is nothing of this store, or the server owes it: it gets some time, then a new call. */
  async #lookAround(live: Live, after: Position): Promise<void> {
    const { log, timeouts } = this.#context;
    const { head, isInLog } = await log.ends.prove(after, this.#ending.signal);
    if (this.#ending.isHere()) return;
    if (!isInLog) throw new PositionUnknown({ position: after, head });
    if (head <= after) return;
    live.owedSince ??= performance.now();
    if (performance.now() - live.owedSince < timeouts.stallMs) return;
    throw stalled(`the event at ${head} did not come for ${timeouts.stallMs} ms`);
  }
}

function stalled(problem: string): StoreUnavailable {
  return new StoreUnavailable({ store: STORE, problem: `a subscription stalled: ${problem}` });
}
