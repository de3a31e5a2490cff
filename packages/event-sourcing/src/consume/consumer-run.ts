import type { Clock, Instant } from '../values/instant.js';
import { isFault } from '../values/is-fault.js';
import { type ConsumerState, type Observe, tell } from '../streams/observe.js';
import { OutagePauses, STORE_AWAY_MS } from '../store/back-off.js';
import type { Notifier } from '../store/notifier.js';
import { TIME_UP, within } from '../store/time-out.js';
import type { EventStore } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { pagesOf } from '../streams/paging.js';
import { START, type Position } from '../values/position.js';
import type { FoundConsumer } from './consumer-backend.js';
import type { ConsumeOptions, ConsumerFailure, ConsumerStatus, Fence } from './consumer.js';
import { callHandler, HANDLER_ENDS_MS, type Handled } from './handler-call.js';
import { StandingBy, type ConsumerPace } from './standing-by.js';
import { isHeldBy, Lease, type LeaseParts } from './lease.js';

/** The parts of a running consumer. */
export interface RunParts extends Omit<LeaseParts, 'name'> {
  readonly events: Pick<EventStore, 'subscribe'>;
  readonly clock: Clock;
  readonly observe: Observe | undefined;
  readonly pace: ConsumerPace;
  /** Notified when the leases should be polled again at once. */
  readonly wake: Notifier;
}

const PAGE_SIZE = 100;
/** Small pages are parts of one read of at least so many events. */
const LEAST_READ = 500;
/** How long a consumer that closes waits for a store that may be silent. If it is, its lease expires. */
export const LAST_WRITE_MS = 500;
/** How often the checkpoint is moved past events that the filter does not want, if no wanted one arrives. */
const MOVE_AFTER_MS = 10_000;

/** One consumer in one process. It stands by until it gets the lease, handles events, and stands by again. */
export class ConsumerRun {
  readonly name: string;
  readonly #options: ConsumeOptions;
  readonly #parts: RunParts;
  readonly #closing = new AbortController();
  /** Aborts when `close` has waited long enough for the handler. */
  readonly #givenUp = new AbortController();
  readonly #standingBy: StandingBy;
  readonly #pauses = new OutagePauses();
  readonly #running: Promise<void>;
  #resolveFree: ((found: FoundConsumer | undefined) => void) | undefined;
  #lease: Lease | undefined;
  #state: ConsumerState = 'standby';
  #position: Position | undefined;
  #scannedUpTo: Position = START;
  #movedAt = 0;
  /** When the oldest unhandled event was recorded; `caught-up` when every event is handled. */
  #oldest: Instant | 'caught-up' | undefined;
  #lastFailure: ConsumerFailure | undefined;
  #attempts = 0;
  /** The number of handler calls so far for the events that begin at this position. */
  #lastCalls: { readonly from: Position; readonly calls: number } | undefined;

  constructor(options: ConsumeOptions, parts: RunParts) {
    this.name = options.name;
    this.#options = options;
    this.#parts = parts;
    this.#standingBy = new StandingBy(parts.pace);
    this.#running = this.#run();
  }

  /** The fencing token of the lease; `undefined` without one. */
  get fence(): Fence | undefined {
    return this.#lease?.fence;
  }

  /** Whether a record names it. */
  isHolderOf(found: FoundConsumer | undefined): boolean {
    return found !== undefined && isHeldBy(found, this.#parts.holder);
  }

  /** Aborts when it is closed, or its store is. */
  get ended(): AbortSignal {
    return this.#closing.signal;
  }

  status(): ConsumerStatus {
    const lag = this.#lag();
    const position = this.#lease?.position ?? this.#position;
    const status = { name: this.name, state: this.#state, position, lag };
    return this.#lastFailure === undefined ? status : { ...status, lastFailure: this.#lastFailure };
  }

  /**
   * Takes the record of this consumer that a poll has found. `now` is when the poll began, by `performance.now()`;
   * `fence` is this consumer's fencing token at that time.
   */
  takePolled(
    found: FoundConsumer | undefined,
    { now, fence }: { readonly now: number; readonly fence: Fence | undefined },
  ): void {
    const { name, state, lag } = this.status();
    tell(this.#parts.observe, { type: 'consumer', consumer: name, state, lag });
    this.#position = found?.position ?? this.#position;
    if (this.#lease !== undefined) return this.#lease.compare(found, fence);
    if (this.#standingBy.isFree(found, now) || this.isHolderOf(found)) this.#resolveFree?.(found);
  }

  /** Notes that a poll failed. `cut-off` means: for so long that another process may hold the lease by now. */
  notePollFailed(caught: unknown, since: 'lately' | 'cut-off'): void {
    if (isFault(caught, 'store-closed')) return this.#end();
    if (this.#lease === undefined || (since === 'cut-off' && !this.#lease.isOver)) this.#noteFailure(caught);
    if (since === 'cut-off') this.#lease?.lose();
  }

  /** Waits for the running handler and for the release of the lease, but not long. */
  async close(): Promise<void> {
    this.#end();
    const lease = this.#lease;
    const isRunning = (await within(this.#running, HANDLER_ENDS_MS)) === TIME_UP;
    if (isRunning && lease !== undefined) await within(lease.release(this.#scannedUpTo), LAST_WRITE_MS);
    this.#givenUp.abort();
    this.#state = 'closed';
    this.#parts.wake.notify();
  }

  #end(): void {
    this.#closing.abort();
    this.#lease?.stop();
    this.#resolveFree?.(undefined);
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const found = await new Promise<FoundConsumer | undefined>((resolve) => (this.#resolveFree = resolve));
      this.#resolveFree = undefined;
      if (!this.#closing.signal.aborted) await this.#workOnce(found);
      this.#parts.wake.notify();
    }
    this.#state = 'closed';
  }

  async #workOnce(found: FoundConsumer | undefined): Promise<void> {
    try {
      this.#lease = await Lease.claim({ ...this.#parts, name: this.name }, found, this.#options.from ?? START);
    } catch (caught) {
      this.#noteFailure(caught);
      await this.#pause(this.#closing.signal);
    }
    const lease = this.#lease;
    if (lease === undefined) return;
    if (this.#closing.signal.aborted) lease.stop();
    this.#scannedUpTo = lease.position;
    this.#movedAt = performance.now();
    this.#state = 'working';
    await this.#work(lease);
    await lease.release(this.#scannedUpTo);
    this.#lease = undefined;
    this.#position = lease.position;
    this.#oldest = undefined;
    // After a hung handler, another process may succeed.
    if (this.#attempts > 0) await this.#pause(this.#closing.signal);
    this.#state = 'standby';
  }

  /** Resolves when the lease is lost or released, or a handler hangs. */
  async #work(lease: Lease): Promise<void> {
    while (!lease.isOver) {
      try {
        if ((await this.#follow(lease)) === 'hung') return;
      } catch (caught) {
        if (isFault(caught, 'store-closed')) return this.#end();
        if (!lease.isLost) this.#noteFailure(caught);
      }
      if (this.#attempts > 0) await this.#pause(lease.signal);
    }
  }

  /** Handles events until a call fails or the lease ends. */
  async #follow(lease: Lease): Promise<Handled['outcome']> {
    const { filter, pageSize = PAGE_SIZE } = this.#options;
    const after = lease.position;
    const read = { pageSize: Math.max(pageSize, LEAST_READ), ...(filter && { filter }) };
    const messages = this.#parts.events.subscribe({ after, signal: lease.signal, ...read });
    for await (const message of messages) {
      if (message.kind === 'caught-up') await this.#caughtUp(lease, message.position);
      else {
        for (const page of pagesOf(message.events, pageSize)) {
          const outcome = await this.#handle(lease, page);
          if (outcome !== 'handled') return outcome;
          if (lease.isOver) return 'handled';
        }
      }
    }
    return 'handled';
  }

  async #caughtUp(lease: Lease, position: Position): Promise<void> {
    this.#oldest = 'caught-up';
    this.#scannedUpTo = position;
    this.#noteSuccess();
    if (position > lease.position && performance.now() - this.#movedAt > MOVE_AFTER_MS)
      await this.#move(lease, position);
  }

  async #handle(lease: Lease, events: readonly RecordedEvent[]): Promise<Handled['outcome']> {
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) return 'handled';
    this.#oldest = first.recordedAt;
    const begun = performance.now();
    const { fence, signal } = lease;
    const attempt = this.#lastCalls?.from === first.position ? this.#lastCalls.calls + 1 : 1;
    this.#lastCalls = { from: first.position, calls: attempt };
    const handling = { position: last.position, attempt, fence, signal };
    const handled = await callHandler(this.#options, events, { handling, givenUp: this.#givenUp.signal });
    tell(this.#parts.observe, {
      type: 'handled',
      consumer: this.name,
      outcome: handled.outcome === 'handled' ? 'handled' : 'failed',
      events: events.length,
      durationMs: performance.now() - begun,
      lag: this.#lag() ?? 0,
    });
    if (handled.outcome !== 'handled') {
      if (handled.outcome === 'failed') await lease.catchUp();
      if (!lease.isOver) this.#noteFailure(handled.error);
      return handled.outcome;
    }
    await this.#move(lease, last.position);
    this.#noteSuccess();
    return 'handled';
  }

  async #move(lease: Lease, position: Position): Promise<void> {
    await lease.move(position);
    this.#scannedUpTo = position;
    this.#movedAt = performance.now();
  }

  #noteSuccess(): void {
    this.#attempts = 0;
    this.#pauses.reset();
    if (this.#lease !== undefined) this.#state = 'working';
  }

  #noteFailure(error: unknown): void {
    this.#attempts += 1;
    this.#lastFailure = { at: this.#parts.clock(), error, attempts: this.#attempts };
    this.#state = 'retrying';
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const isAway = isFault(this.#lastFailure?.error, 'store-unavailable');
    await within(new Promise<void>(() => undefined), this.#pauses.next(isAway ? STORE_AWAY_MS : undefined), signal);
  }

  #lag(): number | undefined {
    if (this.#oldest === undefined || this.#lease === undefined) return undefined;
    return this.#oldest === 'caught-up' ? 0 : Math.max(0, (this.#parts.clock() - this.#oldest) / 1000);
  }
}
