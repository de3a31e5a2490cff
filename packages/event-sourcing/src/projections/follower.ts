import { OutagePauses } from '../store/back-off.js';
import { Notifier } from '../store/notifier.js';
import { Deadline } from '../deadline.js';
import type { Fault } from '../fault.js';
import { StoreClosed } from '../faults.js';
import { isFault } from '../is-fault.js';
import { within } from '../store/time-out.js';
import type { Store } from '../store.js';
import { Breather, yieldToLoop } from '../yield-to-loop.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { forgetLost } from '../streams/acknowledged.js';
import { START, type Position } from '../streams/position.js';
import { TimedEventStore } from '../streams/timed-event-store.js';
import { CheckpointWaiters } from './checkpoint-waiters.js';
import type { CloseOptions, FollowerOptions, FollowerState, Freshness, FreshRows } from './following.js';
import { areOfThisLog, FreshReads, type Keeper, type Late } from './fresh-reads.js';
import { standingInStep } from './head-proof.js';
import type { Lag } from './lag.js';
import { Projector } from './projector.js';
import { readWithin, type ReadDeadline } from './read-deadline.js';
import type { KeyedRow, RowCount, RowQuery, RowsAt } from './read-model-store.js';
import { Refutable } from './refutable.js';
import { TimedReadModel } from './timed-read-model.js';
import { Healing } from './healing.js';
import { tolerating } from './tolerating.js';
import type { UnreadablePage, UnreadableRow } from './unreadable-row.js';

type Look<Found> = (deadline: ReadDeadline) => Promise<Found>;
const [DEFAULT_MAX_AGE_MS, DEFAULT_CLOSE_MS] = [10_000, 5000];

/**
 * Keeps one read model up with its store in the background, and reads it. A read answers from rows that have reached the head that was
 * there when it began, or that were shown to be there within `maxAgeMs`; when it can't have such rows in its time, it rejects.
 */
export class Follower<Event extends EventShape, Row> {
  readonly #store: TimedEventStore;
  readonly #keeps: Store['keeps'];
  readonly #projector: Projector<RecordedEvent, Row | UnreadableRow>;
  /** The rows as they are, however old: for whoever compares them with the events. */
  readonly rows: TimedReadModel<Row | UnreadableRow>;
  readonly #name: string;
  readonly #healing: Healing<Event, Row>;
  readonly #waiters: CheckpointWaiters;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #state: FollowerState = { is: 'catching-up' };
  readonly #reads: FreshReads;
  readonly #breather = new Breather(64);
  readonly #wakes = new Notifier();
  readonly #turn = new Refutable();
  /** Of what nobody waits for: it ends when this is closed. */
  readonly #ended = new Deadline('following', { signal: this.#ending.signal });
  #isWanted: boolean;

  private constructor(
    { store, projection, maxAgeMs }: FollowerOptions<Event, Row>,
    { model, isAtHead }: { readonly model: TimedReadModel<Row | UnreadableRow>; readonly isAtHead: boolean },
  ) {
    this.#store = new TimedEventStore(store.eventStore);
    this.#keeps = store.keeps;
    this.rows = model;
    this.#name = projection.name;
    this.#healing = new Healing({ model, projection, store: this.#store });
    const onHead = (askedAt: number): void => this.#isAtHead(askedAt);
    this.#projector = new Projector({ ...store, projection: tolerating(projection), onHead });
    this.#waiters = new CheckpointWaiters(model, store.keeps);
    this.#isWanted = !isAtHead;
    if (isAtHead) this.#state = { is: 'following' };
    this.#reads = new FreshReads({
      ...{ store: this.#store, keeps: store.keeps, maxAgeMs: maxAgeMs ?? DEFAULT_MAX_AGE_MS },
      ...{ waiters: this.#waiters, closing: this.#ending.signal, keeper: this.#keeper() },
    });
    this.#running = this.#run();
  }

  /** Opens the read model and begins to follow. Nothing is left running when opening fails. @throws Fault as the store does. */
  static async open<Event extends EventShape, Row>(
    options: FollowerOptions<Event, Row>,
  ): Promise<Follower<Event, Row>> {
    const model = await options.store.readModels.open(tolerating(options.projection));
    const { checkpoint = START, head } = await model.read([]);
    const isAtHead = head !== undefined && standingInStep(checkpoint, head) === 'at-head';
    return new Follower(options, { model: new TimedReadModel(model), isAtHead });
  }

  get state(): FollowerState {
    return this.#state;
  }

  /** The rows under these keys. @throws ProjectionBehind when they are not fresh in time, DeadlineExceeded when given up. */
  read(keys: readonly string[], freshness: Freshness = {}): Promise<FreshRows<Row>> {
    return this.#within(freshness, (deadline) => this.#healing.read(keys, deadline));
  }

  /** The rows an index has under a value, also those that can't be read; as fresh as those of {@link read}. */
  query(query: RowQuery, freshness: Freshness = {}): Promise<RowsAt<readonly KeyedRow<Row | UnreadableRow>[]>> {
    return this.#within(freshness, (deadline) => this.#healing.query(query, deadline));
  }

  /** The keys alone of what {@link Follower.query} would answer. */
  keys(query: RowQuery, freshness: Freshness = {}): Promise<RowsAt<readonly string[]>> {
    return this.#within(freshness, (deadline) => this.#healing.keys(query, deadline));
  }

  /** How many rows an index has under a value, also those that can't be read; as fresh as those of {@link read}. */
  count(query: RowCount, freshness: Freshness = {}): Promise<RowsAt<number>> {
    return this.#within(freshness, (deadline) => this.#healing.count(query, deadline));
  }

  /** The rows that this program can't read, and why, with the keys they stand under: of one kind, or all. */
  unreadable(wanted?: UnreadablePage, freshness: Freshness = {}): Promise<RowsAt<readonly KeyedRow<UnreadableRow>[]>> {
    return this.#within(freshness, (deadline) => this.#healing.unreadable(wanted, deadline));
  }

  /** Waits until a read would be answered at once. @throws ProjectionBehind, DeadlineExceeded */
  async ready(freshness?: Freshness): Promise<void> {
    await this.read([], freshness);
  }

  /** How far the rows are behind the store. @throws DeadlineExceeded when the signal fired. */
  lag(signal?: AbortSignal): Promise<Lag> {
    return this.#projector.lag(signal);
  }

  /** Reduces all events there are now, and resolves to the checkpoint. @throws ProjectionStopped, DeadlineExceeded, StoreClosed */
  async catchUp(signal?: AbortSignal): Promise<Position> {
    return this.#open.catchUp(signal);
  }

  /**
   * Computes all rows anew from the first event; reads answer from the old ones till then. What had stopped goes on from them.
   *
   * @throws ProjectionStopped before an event that can't be reduced; the rows stay. StoreClosed once this is closed.
   * @throws RebuildSuperseded when somebody else began another one meanwhile. One that was asked for here waits for its turn.
   */
  async rebuild(signal?: AbortSignal): Promise<Position> {
    const checkpoint = await this.#open.rebuild(signal);
    this.resume();
    return checkpoint;
  }

  /** Goes on at once from where it stopped, or from a pause: the cause is mended. */
  resume(): void {
    this.#isWanted = true;
    this.#wakes.notify();
  }

  /** Stops for good, within `closeMs`, whether or not the store answers; reads that wait reject. */
  async close({ closeMs = DEFAULT_CLOSE_MS }: CloseOptions = {}): Promise<void> {
    this.#state = { is: 'closed' };
    this.#ending.abort();
    this.#waiters.fail(this.#closed());
    await within(this.#running, closeMs);
  }

  #keeper(): Keeper {
    return {
      refuseWhenStopped: (reached) => this.#refuseWhenStopped(reached),
      wake: () => {
        this.#isWanted = true;
        if (this.#state.is !== 'retrying') this.#wakes.notify();
      },
      isAtHead: (askedAt) => {
        this.#reads.show(askedAt);
        if (this.#state.is === 'catching-up') this.#state = { is: 'following' };
      },
      refute: (lost) => {
        if (this.#state.is !== 'closed' && this.#state.is !== 'stopped') this.#turn.refute(lost);
      },
      late: (deadline, late) => this.#late(deadline, late),
    };
  }

  async #run(): Promise<void> {
    const pauses = new OutagePauses();
    while (!this.#ending.signal.aborted) {
      try {
        if (this.#keeps === 'inline') await this.#catchUpOnDemand();
        else await this.#turn.until(this.#ending.signal, (signal) => this.#projector.follow(signal));
        pauses.reset();
      } catch (caught) {
        await this.#recover(caught, pauses);
      }
    }
  }

  /** Rows that appends keep are at the head, unless somebody wrote without them: a read that finds them behind asks for this. */
  async #catchUpOnDemand(): Promise<void> {
    if (!this.#isWanted) return this.#wakes.changed(this.#ending.signal);
    this.#isWanted = false;
    await this.#projector.catchUp(this.#ending.signal);
  }

  async #recover(caught: unknown, pauses: OutagePauses): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#isWanted = true;
    const isOfOtherHistory = isFault(caught, 'position-unknown') && this.#keeps === 'inline';
    const canGoOn = isOfOtherHistory && (await areOfThisLog(this.rows, this.#store, this.#ended));
    if (isFault(caught) && (caught.retryable || canGoOn)) {
      const since = this.#state.is === 'retrying' ? this.#state.since : new Date();
      this.#state = { is: 'retrying', since, fault: caught };
      return this.#wakes.changed(this.#ending.signal, pauses.next());
    }
    this.#reads.forget();
    const at = await this.rows.checkpoint(this.#ended).catch(() => undefined);
    if (isFault(caught, 'position-unknown')) await forgetLost(this.#store, this.#ended).catch(() => undefined);
    if (this.#ending.signal.aborted) return;
    this.#state = { is: 'stopped', why: caught, at };
    this.#waiters.fail(caught);
    await this.#wakes.changed(this.#ending.signal);
    if (!this.#ending.signal.aborted) this.#state = { is: 'catching-up' };
  }

  #isAtHead(askedAt: number): void {
    this.#reads.show(askedAt);
    if (!this.#ending.signal.aborted) this.#state = { is: 'following' };
  }

  #within<Found extends RowsAt<unknown>>(freshness: Freshness, look: Look<Found>): Promise<Found> {
    return readWithin(this.#name, freshness, async (deadline) => {
      if (this.#state.is === 'closed') throw this.#closed();
      if (this.#breather.isDue()) await yieldToLoop();
      return this.#reads.answer(() => look(deadline), deadline);
    });
  }

  /** A stop is only believed at the checkpoint it was reached from: whoever moved the rows since has mended it. */
  #refuseWhenStopped(reached: Position | undefined): void {
    if (this.#state.is !== 'stopped') return;
    if (this.#state.at === reached) throw this.#state.why;
    this.resume();
  }

  /** Why a read is refused whose rows were not far enough in time: what keeps them from being followed, if anything does. */
  async #late(deadline: ReadDeadline, { cause, required }: Late): Promise<Fault> {
    if (this.#state.is === 'closed') return this.#closed();
    if (this.#state.is === 'following') this.#state = { is: 'catching-up' };
    const outage = this.#state.is === 'retrying' ? this.#state.fault : this.#store.trouble;
    return deadline.behind(this.rows, required, outage ?? cause);
  }

  get #open(): Projector<RecordedEvent, Row | UnreadableRow> {
    if (this.#state.is === 'closed') throw this.#closed();
    return this.#projector;
  }

  #closed(): StoreClosed {
    return new StoreClosed({ store: `the read model ${this.#name}` });
  }
}
