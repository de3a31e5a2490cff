import { START, type Position } from '@login-policy/event-sourcing';
import { Fault, onAbort, type ReadAhead } from '@login-policy/event-sourcing/store';
import { Cancellation } from './cancellation.js';
import { STORE } from './faults.js';
import { PageMaker } from './page-maker.js';
import { PageReader, type FollowingContext } from './page-reader.js';
import { Retries } from './retries.js';
import { ReadCall, SILENCE } from './read-call.js';
import { subscriptionRequest } from './requests.js';
import { logRecordsOf } from './server-reads.js';

/** The most messages buffered; then the server must wait. */
const AHEAD = 500;

/** Restoring a backup takes longer than this. */
const PAUSE_MS = 20;

/** The open subscription, and its progress. */
interface Live {
  readonly call: ReadCall;
  readonly maker: PageMaker;
  checkedAt: number;
  lastResponseAt: number;
  overdueSince: number | undefined;
}

/**
 * Reads the log and then follows it: reads up to the end, then subscribes. When the subscription breaks or stalls,
 * reading continues from the last position. So no event is lost, and a replaced log is detected.
 */
export class LiveReader {
  readonly #context: FollowingContext;
  readonly #cancellation: Cancellation;
  readonly #retries: Retries;
  readonly #history: PageReader;
  /** The last event of this store up to the current position; `undefined` until it is known. */
  #last: Position | undefined;
  #live: Live | undefined;

  constructor(context: FollowingContext, signal: AbortSignal) {
    this.#context = context;
    this.#cancellation = new Cancellation(context.closing, { signals: [signal] });
    onAbort(signal, () => this.#cancellation.dispose());
    this.#retries = Retries.unlimited(this.#cancellation.signal);
    this.#history = new PageReader(context, { signal });
  }

  /**
   * The next events after a position, or the position up to which there are none. Waits until it knows one of the two.
   */
  async read(after: Position): Promise<ReadAhead> {
    while (!this.#cancellation.isCancelled()) {
      try {
        const ahead = await (this.#live === undefined ? this.#catchUp(after) : this.#hear(this.#live, after));
        if (ahead !== undefined) return ahead;
      } catch (error) {
        this.#live?.call.cancel();
        this.#live = undefined;
        await this.#retries.waitAfter(error);
      }
    }
    return { events: [], scannedUpTo: after, reachedHead: true };
  }

  /** Catches up by reads, and subscribes at the end. */
  async #catchUp(after: Position): Promise<ReadAhead | undefined> {
    const { log } = this.#context;
    const { signal } = this.#cancellation;
    const last = this.#last ?? (await log.ends.prove(START, signal)).head;
    const ahead = await this.#history.read(after);
    if (this.#cancellation.isCancelled()) return undefined;
    this.#last = ahead.events.at(-1)?.position ?? last;
    // Everything before the earlier head has been read, unless this was not the end.
    if (this.#last > ahead.scannedUpTo) return { ...ahead, reachedHead: false };
    if (ahead.reachedHead) await this.#begin(this.#last, ahead.scannedUpTo);
    return ahead;
  }

  /**
   * Subscribes after the last event of this store, which certainly exists. A 23.10 server skips the first record it
   * finds at or after the given position. A checkpoint of an older version may be a foreign record that has been
   * scavenged since.
   */
  async #begin(last: Position, reached: Position): Promise<void> {
    const { connection, leadership, names, timeouts } = this.#context;
    const isSame = await leadership.demand(this.#cancellation.signal);
    const request = subscriptionRequest(last, names.serverFilter(undefined));
    const options = { withinMs: timeouts.stallMs, ahead: AHEAD, atLeast: 1, signal: this.#cancellation.signal };
    const call = await ReadCall.begin(connection, request, options);
    if (!isSame()) {
      call.cancel();
      throw stalled('the connection broke while subscribing');
    }
    const maker = new PageMaker(this.#context, undefined, reached);
    this.#live = { call, maker, checkedAt: performance.now(), lastResponseAt: -Infinity, overdueSince: undefined };
  }

  async #hear(live: Live, after: Position): Promise<ReadAhead | undefined> {
    const { call, maker } = live;
    const { log, timeouts } = this.#context;
    const messages = await call.next(timeouts.probeMs);
    if (this.#cancellation.isCancelled()) return undefined;
    if (messages === undefined) throw stalled('the server ended the subscription');
    if (messages !== SILENCE) maker.take(logRecordsOf(messages));
    if (messages === SILENCE) maker.settle();
    if (maker.whole > 0) {
      // The pages must belong to one history. After a pause, check that the previous event still exists.
      if (performance.now() - live.lastResponseAt > PAUSE_MS) await this.#demandInLog(this.#last ?? START);
      live.lastResponseAt = performance.now();
      const events = maker.handOut(Infinity).map(({ event }) => event);
      this.#retries.reset();
      live.overdueSince = undefined;
      this.#last = maker.handedOut;
      log.ends.note(this.#last);
      // The events may have been under way for long, so they prove nothing about the head.
      return { events, scannedUpTo: maker.handedOut, reachedHead: true, askedAt: -Infinity };
    }
    // Also checked while other stores write: their records arrive as checkpoints, so the subscription is never silent.
    if (messages !== SILENCE && performance.now() - live.checkedAt < timeouts.probeMs) return undefined;
    live.checkedAt = performance.now();
    await this.#checkHead(live, after);
    return undefined;
  }

  async #demandInLog(position: Position): Promise<void> {
    const { ends } = this.#context.log;
    const { signal } = this.#cancellation;
    if ((await ends.isInLog(position, signal)) || this.#cancellation.isCancelled()) return;
    const { isInLog, head } = await ends.prove(position, signal);
    if (!isInLog && !this.#cancellation.isCancelled()) throw new Fault('position-unknown', { position, head });
  }

  /**
   * Checks the head after a silence. If the server should have sent an event, it gets some time, and then a new
   * subscription.
   */
  async #checkHead(live: Live, after: Position): Promise<void> {
    const { log, timeouts } = this.#context;
    const { head, isInLog } = await log.ends.prove(after, this.#cancellation.signal);
    if (this.#cancellation.isCancelled()) return;
    if (!isInLog) throw new Fault('position-unknown', { position: after, head });
    if (head <= after) return;
    live.overdueSince ??= performance.now();
    if (performance.now() - live.overdueSince < timeouts.stallMs) return;
    throw stalled(`the event at ${head} did not come for ${timeouts.stallMs} ms`);
  }
}

function stalled(problem: string): Fault<'store-unavailable'> {
  return new Fault('store-unavailable', { store: STORE, problem: `a subscription stalled: ${problem}` });
}
