import type { Clock } from '../clock.js';
import type { Instant } from '../instant.js';
import { isFault } from '../is-fault.js';
import { tell, type Observe } from '../observe.js';
import { OutagePauses } from '../store/back-off.js';
import type { Notifier } from '../store/notifier.js';
import { TIME_UP, within } from '../store/time-out.js';
import type { EventStore } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { pagesOf } from '../streams/paging.js';
import { START, type Position } from '../streams/position.js';
import type { FoundConsumer } from './consumer-backend.js';
import type { ConsumeOptions, ConsumerFailure, ConsumerState, ConsumerStatus } from './consumer.js';
import { callHandler, type Handled } from './handler-call.js';
import { StandingBy } from './standing-by.js';
import { isHeldBy, Turn, type TurnParts } from './turn.js';

/** What a consumer works with. */
export interface RunParts extends Omit<TurnParts, 'name'> {
  readonly events: Pick<EventStore, 'subscribe'>;
  readonly clock: Clock;
  readonly observe: Observe | undefined;
  /** Woken when another look is worth it. */
  readonly wake: Notifier;
}

/** How long closing waits for a handler that was told to end. */
const CLOSE_MS = 2000;
const PAGE_SIZE = 100;
/** Where only other events come, the checkpoint is moved this often. */
const CONSIDERED_MS = 10_000;

/** One consumer in one process: stands by, works, and stands by again. */
export class ConsumerRun {
  readonly name: string;
  readonly #options: ConsumeOptions;
  readonly #parts: RunParts;
  readonly #closing = new AbortController();
  /** Fires when closing has waited long enough for the handler. */
  readonly #givenUp = new AbortController();
  readonly #standingBy = new StandingBy();
  readonly #pauses = new OutagePauses();
  readonly #running: Promise<void>;
  #letIn: ((found: FoundConsumer | undefined) => void) | undefined;
  #turn: Turn | undefined;
  #state: ConsumerState = 'standby';
  #position: Position | undefined;
  #considered: Position = START;
  #movedAt = 0;
  /** When the oldest event that is not handled was recorded; `caught-up` when there is none. */
  #oldest: Instant | 'caught-up' | undefined;
  #lastFailure: ConsumerFailure | undefined;
  #attempts = 0;

  constructor(options: ConsumeOptions, parts: RunParts) {
    this.name = options.name;
    this.#options = options;
    this.#parts = parts;
    this.#running = this.#run();
  }

  get isHolding(): boolean {
    return this.#turn !== undefined;
  }

  status(): ConsumerStatus {
    const lag = this.#lag();
    const position = this.#turn?.position ?? this.#position;
    const status = { name: this.name, state: this.#state, position, lag };
    return this.#lastFailure === undefined ? status : { ...status, lastFailure: this.#lastFailure };
  }

  /** To be called with what was found of this consumer, and when. */
  see(found: FoundConsumer | undefined, now: number): void {
    const { name, state, lag } = this.status();
    tell(this.#parts.observe, { type: 'consumer', consumer: name, state, lag });
    this.#position = found?.position ?? this.#position;
    if (this.#turn !== undefined) return this.#turn.see(found);
    const isOwn = found !== undefined && isHeldBy(found, this.#parts.holder);
    if (this.#standingBy.isFree(found, now) || isOwn) this.#letIn?.(found);
  }

  /** To be called when the store could not be asked; `cut-off` for so long that another may have taken the turn. */
  unseen(caught: unknown, since: 'lately' | 'cut-off'): void {
    if (isFault(caught, 'store-closed')) return this.#end();
    if (this.#turn === undefined) this.#failed(caught);
    else if (since === 'cut-off') this.#turn.lose();
  }

  /** Waits for the handler that is at work, but not forever. */
  async close(): Promise<void> {
    this.#end();
    const turn = this.#turn;
    if ((await within(this.#running, CLOSE_MS)) === TIME_UP) await turn?.release(this.#considered);
    this.#givenUp.abort();
    this.#state = 'closed';
    this.#parts.wake.notify();
  }

  #end(): void {
    this.#closing.abort();
    this.#turn?.stop();
    this.#letIn?.(undefined);
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const found = await new Promise<FoundConsumer | undefined>((resolve) => (this.#letIn = resolve));
      this.#letIn = undefined;
      if (!this.#closing.signal.aborted) await this.#takeTurn(found);
      this.#parts.wake.notify();
    }
    this.#state = 'closed';
  }

  async #takeTurn(found: FoundConsumer | undefined): Promise<void> {
    try {
      this.#turn = await Turn.claim({ ...this.#parts, name: this.name }, found, this.#options.from ?? START);
    } catch (caught) {
      this.#failed(caught);
      await this.#pause(this.#closing.signal);
    }
    const turn = this.#turn;
    if (turn === undefined) return;
    if (this.#closing.signal.aborted) turn.stop();
    this.#movedAt = performance.now();
    this.#state = 'working';
    await this.#work(turn);
    await turn.release(this.#considered);
    this.#turn = undefined;
    this.#position = turn.position;
    this.#oldest = undefined;
    // After a handler that hung, another process may fare better.
    if (this.#attempts > 0) await this.#pause(this.#closing.signal);
    this.#state = 'standby';
  }

  /** Until the turn is over, or a handler hangs. */
  async #work(turn: Turn): Promise<void> {
    while (!turn.isOver) {
      try {
        if ((await this.#follow(turn)) === 'hung') return;
      } catch (caught) {
        if (isFault(caught, 'store-closed')) return this.#end();
        if (!turn.isLost) this.#failed(caught);
      }
      if (this.#attempts > 0) await this.#pause(turn.signal);
    }
  }

  /** Handles what comes, until a call fails or the turn is over. */
  async #follow(turn: Turn): Promise<Handled['outcome']> {
    const { filter, pageSize = PAGE_SIZE } = this.#options;
    const after = turn.position;
    this.#considered = after;
    const messages = this.#parts.events.subscribe({ after, signal: turn.signal, ...(filter && { filter }) });
    for await (const message of messages) {
      if (message.kind === 'caught-up') await this.#caughtUp(turn, message.position);
      else {
        for (const page of pagesOf(message.events, pageSize)) {
          const outcome = await this.#handle(turn, page);
          if (outcome !== 'handled') return outcome;
          if (turn.isOver) return 'handled';
        }
      }
    }
    return 'handled';
  }

  async #caughtUp(turn: Turn, position: Position): Promise<void> {
    this.#oldest = 'caught-up';
    this.#considered = position;
    this.#recovered();
    if (position > turn.position && performance.now() - this.#movedAt > CONSIDERED_MS) await this.#move(turn, position);
  }

  async #handle(turn: Turn, events: readonly RecordedEvent[]): Promise<Handled['outcome']> {
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) return 'handled';
    this.#oldest = first.recordedAt;
    const begun = performance.now();
    const { fence, signal } = turn;
    const handling = { position: last.position, attempt: this.#attempts + 1, fence, signal };
    const handled = await callHandler(this.#options, events, { handling, givenUp: this.#givenUp.signal });
    const { name: consumer } = this;
    const lag = this.#lag() ?? 0;
    const outcome = handled.outcome === 'handled' ? 'handled' : 'failed';
    tell(this.#parts.observe, {
      type: 'handled',
      consumer,
      outcome,
      events: events.length,
      durationMs: performance.now() - begun,
      lag,
    });
    if (handled.outcome !== 'handled') {
      if (!turn.isOver) this.#failed(handled.error);
      return handled.outcome;
    }
    await this.#move(turn, last.position);
    this.#recovered();
    return 'handled';
  }

  async #move(turn: Turn, position: Position): Promise<void> {
    await turn.move(position);
    this.#considered = position;
    this.#movedAt = performance.now();
  }

  #recovered(): void {
    this.#attempts = 0;
    this.#pauses.reset();
    if (this.#turn !== undefined) this.#state = 'working';
  }

  #failed(error: unknown): void {
    this.#attempts += 1;
    this.#lastFailure = { at: this.#parts.clock(), error, attempts: this.#attempts };
    this.#state = 'retrying';
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await within(new Promise<void>(() => undefined), this.#pauses.next(), signal);
  }

  #lag(): number | undefined {
    if (this.#oldest === undefined || this.#turn === undefined) return undefined;
    return this.#oldest === 'caught-up' ? 0 : Math.max(0, (this.#parts.clock() - this.#oldest) / 1000);
  }
}
