import { START, type Position } from '@login-policy/event-sourcing';
import { onAbort, type ReadAhead } from '@login-policy/event-sourcing/store';
import { Fault } from '@login-policy/event-sourcing/values';
import { Cancellation } from './cancellation.js';
import { unavailable } from './faults.js';
import { PageMaker } from './page-maker.js';
import { PageReader, type FollowingContext } from './page-reader.js';
import { Retries } from './retries.js';
import { ReadCall, SILENCE } from './read-call.js';
import { subscriptionRequest } from './requests.js';
import { logRecordsOf } from './server-reads.js';

/** The most messages buffered. */
const BUFFER_SIZE = 500;

/** After a longer pause the log may have been replaced. Restoring a backup takes longer. */
const CHECK_AFTER_PAUSE_MS = 20;

/** The open subscription, and its progress. */
interface Subscription {
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
  readonly #pageReader: PageReader;
  /** The last event of this store up to the current position; `undefined` until it is known. */
  #last: Position | undefined;
  #subscription: Subscription | undefined;

  constructor(context: FollowingContext, signal: AbortSignal) {
    this.#context = context;
    this.#cancellation = new Cancellation(context.closing, { signal });
    onAbort(signal, () => this.#cancellation.dispose());
    this.#retries = new Retries('following the log', Infinity, this.#cancellation.signal);
    this.#pageReader = new PageReader(context, { signal }, Infinity);
  }

  /**
   * The next events after a position, or the position up to which no further events exist. Waits until it knows either.
   */
  async read(after: Position): Promise<ReadAhead> {
    while (!this.#cancellation.isCancelled()) {
      try {
        const ahead = await (this.#subscription === undefined
          ? this.#catchUp(after)
          : this.#receive(this.#subscription, after));
        if (ahead !== undefined) return ahead;
      } catch (error) {
        this.#subscription?.call.cancel();
        this.#subscription = undefined;
        await this.#retries.waitAfter(error);
      }
    }
    return { events: [], scannedUpTo: after, reachedHead: true };
  }

  /** Reads the next page, and subscribes once the head is reached. */
  async #catchUp(after: Position): Promise<ReadAhead | undefined> {
    const { log } = this.#context;
    const { signal } = this.#cancellation;
    const last = this.#last ?? (await log.ends.look(START, signal)).head;
    const ahead = await this.#pageReader.read(after);
    if (this.#cancellation.isCancelled()) return undefined;
    this.#last = ahead.events.at(-1)?.position ?? last;
    // The earlier head has not been read yet.
    if (this.#last > ahead.scannedUpTo) return { ...ahead, reachedHead: false };
    if (ahead.reachedHead) await this.#subscribe(this.#last, ahead.scannedUpTo);
    return ahead;
  }

  /**
   * Subscribes after the last event of this store, which certainly exists. A 23.10 server skips the first record it
   * finds at or after the given position. A checkpoint of an older version may be a foreign record that has been
   * scavenged since.
   */
  async #subscribe(last: Position, reached: Position): Promise<void> {
    const { barrier, connection, names, timeouts } = this.#context;
    const { isSameConnection } = await barrier.pass(this.#cancellation.signal);
    const request = subscriptionRequest(last, names.serverFilter(undefined));
    const options = {
      withinMs: timeouts.stallMs,
      bufferSize: BUFFER_SIZE,
      minMessages: 1,
      signal: this.#cancellation.signal,
    };
    const call = await ReadCall.start(connection, request, options);
    if (!isSameConnection()) {
      call.cancel();
      throw stalled('the connection broke while subscribing');
    }
    const maker = new PageMaker(this.#context, undefined, reached);
    this.#subscription = {
      call,
      maker,
      checkedAt: performance.now(),
      lastResponseAt: -Infinity,
      overdueSince: undefined,
    };
  }

  async #receive(subscription: Subscription, after: Position): Promise<ReadAhead | undefined> {
    const { call, maker } = subscription;
    const { log, timeouts } = this.#context;
    const messages = await call.next(timeouts.probeMs);
    if (this.#cancellation.isCancelled()) return undefined;
    if (messages === undefined) throw stalled('the server ended the subscription');
    if (messages !== SILENCE) maker.add(logRecordsOf(messages));
    if (messages === SILENCE) maker.cutOffOverdue();
    if (maker.readyCount > 0) {
      // All pages must belong to one history, so the log must still have the previous event.
      if (performance.now() - subscription.lastResponseAt > CHECK_AFTER_PAUSE_MS)
        await this.#demandInLog(this.#last ?? START);
      subscription.lastResponseAt = performance.now();
      const events = maker.nextPage(Infinity).map(({ event }) => event);
      this.#retries.reset();
      subscription.overdueSince = undefined;
      this.#last = maker.returnedUpTo;
      log.ends.note(this.#last);
      // The server may have sent the events long ago, so they prove nothing about the head.
      return { events, scannedUpTo: maker.returnedUpTo, reachedHead: true, askedAt: -Infinity };
    }
    // While other stores write, their records arrive as checkpoints. So the head is checked at intervals, too.
    if (messages !== SILENCE && performance.now() - subscription.checkedAt < timeouts.probeMs) return undefined;
    subscription.checkedAt = performance.now();
    await this.#checkHead(subscription, after);
    return undefined;
  }

  async #demandInLog(position: Position): Promise<void> {
    const { ends } = this.#context.log;
    const { signal } = this.#cancellation;
    if ((await ends.isInLog(position, signal)) || this.#cancellation.isCancelled()) return;
    const { isInLog, head } = await ends.proveHead(position, signal);
    if (!isInLog && !this.#cancellation.isCancelled()) throw new Fault('position-unknown', { position, head });
  }

  /**
   * Compares the log's head with the subscription. A look suffices, so that an idle process sends no barriers. An event that the server should have sent may be late for `stallMs`.
   *
   * @throws StoreUnavailable after that time, so that the caller subscribes again.
   */
  async #checkHead(subscription: Subscription, after: Position): Promise<void> {
    const { log, timeouts } = this.#context;
    const { head, isInLog } = await log.ends.look(after, this.#cancellation.signal);
    if (!isInLog) return this.#demandInLog(after);
    if (this.#cancellation.isCancelled()) return;
    if (head <= after) return;
    subscription.overdueSince ??= performance.now();
    if (performance.now() - subscription.overdueSince < timeouts.stallMs) return;
    throw stalled(`the event at ${head} was not received within ${timeouts.stallMs} ms`);
  }
}

function stalled(problem: string): Fault<'store-unavailable'> {
  return unavailable(`a subscription stalled: ${problem}`);
}
