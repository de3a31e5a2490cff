import { OutagePauses } from '../store/back-off.js';
import { Notifier } from '../store/notifier.js';
import { Fault } from '../fault.js';
import { DeadlineExceeded, PositionUnknown, StoreClosed } from '../faults.js';
import { isFault } from '../is-fault.js';
import { inTime } from '../store/time-out.js';
import type { Store } from '../store.js';
import { Breather, yieldToLoop } from '../yield-to-loop.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { CheckpointWaiters } from './checkpoint-waiters.js';
import type { FollowerOptions, FollowerState, Freshness, FreshRows } from './following.js';
import { KnownHead, type AskedHead } from './known-head.js';
import { KnownPositions } from './known-positions.js';
import { ProjectionBehind } from './projection-faults.js';
import type { Projection } from './projection.js';
import type { Lag } from './lag.js';
import { Projector } from './projector.js';
import type { KeyedRow, ReadModel, RowQuery, RowsAt } from './read-model-store.js';
import { readable, tolerating, type UnreadableRow } from './tolerating.js';

const [DEFAULT_WAIT_MS, DEFAULT_MAX_AGE_MS] = [5000, 10_000];

/** How far rows have to be, and when that was asked for. */
type Reach = Pick<AskedHead, 'position'> & Partial<AskedHead>;

/**
 * Keeps one read model up with its store in the background, and reads it: never from rows that have not reached the head that
 * was there when the read began, or that were not shown to be there within `maxAgeMs`. A read that can't have such rows
 * in its time rejects; it never answers from older ones.
 */
export class Follower<Event extends EventShape, Row> {
  readonly #store: Store;
  readonly #projector: Projector<RecordedEvent, Row | UnreadableRow>;
  /** The rows as they are, however old: for whoever compares them with the events. */
  readonly rows: ReadModel<Row | UnreadableRow>;
  readonly #projection: Projection<Event, Row>;
  readonly #maxAgeMs: number;
  readonly #waiters: CheckpointWaiters;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #state: FollowerState = { is: 'catching-up' };
  readonly #head: KnownHead;
  readonly #breather = new Breather(64);
  readonly #wakes = new Notifier();
  readonly #positions: KnownPositions;
  #isWanted: boolean;

  private constructor(
    { store, projection, maxAgeMs }: FollowerOptions<Event, Row>,
    { model, isAtHead }: { readonly model: ReadModel<Row | UnreadableRow>; readonly isAtHead: boolean },
  ) {
    this.#store = store;
    this.rows = model;
    this.#projection = projection;
    this.#maxAgeMs = maxAgeMs ?? DEFAULT_MAX_AGE_MS;
    this.#projector = new Projector({ ...store, projection: tolerating(projection), onHead: () => this.#isAtHead() });
    this.#waiters = new CheckpointWaiters(model);
    this.#isWanted = !isAtHead;
    if (isAtHead) this.#state = { is: 'following' };
    this.#positions = new KnownPositions(store);
    this.#head = new KnownHead(store.eventStore, model);
    this.#running = this.#run();
  }

  /** Opens the read model and begins to follow. Nothing is left running when opening fails. @throws Fault as the store does. */
  static async open<Event extends EventShape, Row>(
    options: FollowerOptions<Event, Row>,
  ): Promise<Follower<Event, Row>> {
    const model = await options.store.readModels.open(tolerating(options.projection));
    const { checkpoint = START, head } = await model.read([]);
    return new Follower(options, { model, isAtHead: head !== undefined && checkpoint >= head });
  }

  get state(): FollowerState {
    return this.#state;
  }

  /**
   * The rows under these keys.
   *
   * @throws ProjectionBehind when they are not fresh enough in time.
   * @throws DeadlineExceeded when the signal fired.
   */
  async read(keys: readonly string[], freshness: Freshness = {}): Promise<FreshRows<Row>> {
    const found = await this.#answer(() => this.rows.read(keys), freshness);
    return readable(found, this.#projection, this.#store.eventStore);
  }

  /** The rows an index has under a value, also those that can't be read; as fresh as those of {@link read}. */
  query(query: RowQuery, freshness: Freshness = {}): Promise<RowsAt<readonly KeyedRow<Row | UnreadableRow>[]>> {
    return this.#answer(() => this.rows.query(query), freshness);
  }

  /** The keys alone of what {@link Follower.query} would answer. */
  keys(query: RowQuery, freshness: Freshness = {}): Promise<RowsAt<readonly string[]>> {
    return this.#answer(() => this.rows.keys(query), freshness);
  }

  /** Waits until a read would be answered at once. @throws ProjectionBehind, DeadlineExceeded */
  async ready(freshness?: Freshness): Promise<void> {
    await this.read([], freshness);
  }

  /** How far the rows are behind the store. */
  lag(): Promise<Lag> {
    return this.#projector.lag();
  }

  /** Reduces all events there are now, and resolves to the checkpoint. @throws ProjectionStopped */
  catchUp(signal?: AbortSignal): Promise<Position> {
    return this.#projector.catchUp(signal);
  }

  /**
   * Computes all rows anew from the first event; reads answer from the old ones till then. What had stopped goes on from them.
   *
   * @throws ProjectionStopped before an event that can't be reduced; the rows stay.
   * @throws RebuildSuperseded when somebody else began another one meanwhile. One that was asked for here waits for its turn.
   */
  async rebuild(signal?: AbortSignal): Promise<Position> {
    const checkpoint = await this.#projector.rebuild(signal);
    this.resume();
    return checkpoint;
  }

  /** Goes on at once from where it stopped, or from a pause: the cause is mended. */
  resume(): void {
    this.#isWanted = true;
    this.#wakes.notify();
  }

  /** Lets the transaction under way end, then stops for good; reads that wait reject. */
  async close(): Promise<void> {
    this.#state = { is: 'closed' };
    this.#ending.abort();
    this.#waiters.fail(this.#closed());
    await this.#running;
  }

  async #run(): Promise<void> {
    const pauses = new OutagePauses();
    while (!this.#ending.signal.aborted) {
      try {
        if (this.#store.keeps === 'inline') await this.#catchUpOnDemand();
        else await this.#projector.follow(this.#ending.signal);
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
    if (caught instanceof Fault && caught.retryable) {
      const since = this.#state.is === 'retrying' ? this.#state.since : new Date();
      this.#state = { is: 'retrying', since, fault: caught };
      return this.#wakes.changed(this.#ending.signal, pauses.next());
    }
    const at = await this.rows.checkpoint().catch(() => undefined);
    if (this.#ending.signal.aborted) return;
    this.#state = { is: 'stopped', why: caught, at };
    this.#waiters.fail(caught);
    await this.#wakes.changed(this.#ending.signal);
    if (!this.#ending.signal.aborted) this.#state = { is: 'catching-up' };
  }

  #isAtHead(): void {
    this.#head.show(performance.now());
    if (!this.#ending.signal.aborted) this.#state = { is: 'following' };
  }

  async #answer<Found>(look: () => Promise<RowsAt<Found>>, freshness: Freshness): Promise<RowsAt<Found>> {
    if (this.#state.is === 'closed') throw this.#closed();
    if (this.#breather.isDue()) await yieldToLoop();
    const found = await look();
    const reach = this.#store.keeps === 'inline' ? headOf(found, freshness) : await this.#required(found, freshness);
    const isThere = (found.checkpoint ?? START) >= reach.position;
    if (!isThere) await this.#until(reach.position, found.checkpoint, freshness);
    this.#head.show(reach.askedAt ?? -Infinity);
    const answer = isThere ? found : await look();
    const looking = this.#positions.demand(freshness.atLeast ?? START, answer);
    if (looking !== undefined) await looking;
    return answer;
  }

  /** How far the rows have to be at the least, where they are followed. */
  async #required(found: RowsAt<unknown>, freshness: Freshness): Promise<Reach> {
    const { atLeast = START } = freshness;
    this.#refuseWhenStopped(found.checkpoint);
    this.#positions.demandSameHistory(atLeast, found);
    const { ageMs } = this.#head;
    if (ageMs > this.#maxAgeMs / 2) this.#head.lookAhead();
    if (ageMs <= this.#maxAgeMs) return { position: atLeast };
    const { position, askedAt } = await this.#headInTime(freshness);
    return { position: laterPosition(position, atLeast), askedAt };
  }

  async #until(required: Position, reached: Position | undefined, freshness: Freshness): Promise<void> {
    const { waitMs = DEFAULT_WAIT_MS, signal } = freshness;
    this.#refuseWhenStopped(reached);
    this.#isWanted = true;
    if (this.#state.is !== 'retrying') this.#wakes.notify();
    const outcome = await this.#waiters.until(required, waitMs, signal);
    if (outcome === 'given-up') throw new DeadlineExceeded({ doing: `a read of ${this.#projection.name}` });
    if (outcome === 'timed-out') throw await this.#behind(required, waitMs);
  }

  /** A stop is only believed at the checkpoint it was reached from: whoever moved the rows since has mended it. */
  #refuseWhenStopped(reached: Position | undefined): void {
    if (this.#state.is !== 'stopped') return;
    if (this.#state.at === reached) throw this.#state.why;
    this.resume();
  }

  async #headInTime({ waitMs = DEFAULT_WAIT_MS, signal }: Freshness): Promise<AskedHead> {
    try {
      return await inTime(this.#head.ask(), { waitMs, signal, doing: `a read of ${this.#projection.name}` });
    } catch (caught) {
      // What does not pass is not waited for, nor called late.
      if (signal?.aborted === true || (isFault(caught) && !caught.retryable)) throw caught;
      throw await this.#behind(undefined, waitMs, caught);
    }
  }

  async #behind(required: Position | undefined, waitedMs: number, cause?: unknown): Promise<ProjectionBehind> {
    const reached = await this.rows.checkpoint().catch(() => undefined);
    const why = cause ?? (this.#state.is === 'retrying' ? this.#state.fault : undefined);
    return new ProjectionBehind({ projection: this.#projection.name, required, reached, waitedMs }, why);
  }

  #closed(): StoreClosed {
    return new StoreClosed({ store: `the read model ${this.#projection.name}` });
  }
}

/** Rows that are kept beside the events have to be at the head. @throws PositionUnknown when the reader wants more. */
function headOf({ head = START }: RowsAt<unknown>, { atLeast = START }: Freshness): Reach {
  if (atLeast > head) throw new PositionUnknown({ position: atLeast, head });
  return { position: head };
}
