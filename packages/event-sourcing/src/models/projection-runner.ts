import { OutagePauses, pause, STORE_AWAY_MS } from '../store/back-off.js';
import { Notifier } from '../store/notifier.js';
import { Deadline } from '../values/deadline.js';
import { isFault } from '../values/is-fault.js';
import { within } from '../store/time-out.js';
import { YieldPacer, yieldToLoop } from '../values/yield-to-loop.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { START, type Position } from '../values/position.js';
import { forgetLost, TimedEventStore } from '../streams/timed-event-store.js';
import { CheckpointWaiters } from './checkpoint-waiters.js';
import { FreshReads, type Read, type RunnerControl } from './fresh-reads.js';
import { areOfThisLog, areOpenedAtHead } from './head-proof.js';
import { ProjectedLog, type Lag } from './projected-log.js';
import { type KeyedRow, modelName } from './projection.js';
import { ReadDeadline } from './read-deadline.js';
import type { RowCount, RowQuery, RowsAt } from './read-model-store.js';
import { Rebuilds } from './rebuilds.js';
import { RunnerStates, type RunnerState } from './runner-state.js';
import { closeMsOf, type ParsedOptions, parseRunnerOptions } from './runner-options.js';
import type { CloseOptions, Freshness, FreshRows, RunnerOptions } from './running.js';
import { stepToHead, stepThrough, type StepParts } from './steps.js';
import { TimedReadModel } from './timed-read-model.js';
import { StoredRows } from './stored-rows.js';
import { withPlaceholders } from './with-placeholders.js';
import type { Placeholder, UnreadablePage, UnreadableRow } from './unreadable-row.js';

type Stored<Row> = Row | Placeholder;
type Parts<Row> = StepParts<RecordedEvent, Stored<Row>>;
/** How often a read that waits may wake a runner whose store is away. */
const AWAITED_MS = 100;
/** The least time between two rebuilds that replace outdated placeholders: an older program may keep writing them. */
const REPLACED_EVERY_MS = 60_000;

/**
 * Runs one projection: updates its read model in the background and reads it. A read needs rows that reached the head
 * as of its start, or were proven to be there within `maxAgeMs`; otherwise it rejects in time.
 */
export class ProjectionRunner<Event extends EventShape, Row> {
  /** The rows as stored, however old: to be compared with the events. */
  readonly rows: TimedReadModel<Stored<Row>>;
  readonly #parts: Parts<Row>;
  readonly #stored: StoredRows<Event, Row>;
  readonly #log: ProjectedLog;
  readonly #rebuilds: Rebuilds<RecordedEvent, Stored<Row>>;
  readonly #waiters: CheckpointWaiters;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  readonly #states: RunnerStates;
  readonly #reads: FreshReads;
  readonly #pacer = new YieldPacer(64);
  readonly #wakes = new Notifier();
  /** The deadline of background work: it passes when the runner closes. */
  readonly #ended = new Deadline('following', { signal: this.#ending.signal });
  readonly #follows: NonNullable<RunnerOptions<Event, Row>['follows']>;
  #isCatchUpWanted: boolean;
  /** When the last rebuild that replaces outdated placeholders began, by `performance.now()`. */
  #replacedAt = -Infinity;

  private constructor(options: ParsedOptions<Event, Row>, parts: Parts<Row>, state: RunnerState) {
    const { store, projection, maxAgeMs, pageSize } = options;
    const eventStore = new TimedEventStore(store.eventStore);
    this.rows = parts.model;
    this.#parts = parts;
    this.#stored = new StoredRows(parts.model, projection, () => this.#replaceOutdated());
    this.#waiters = new CheckpointWaiters(parts.model, store.readModelUpdates);
    this.#follows = options.follows ?? (store.readModelUpdates === 'inline' ? 'on-demand' : 'always');
    const follows = { isFollower: this.#follows === 'always', isAwaited: () => this.#waiters.awaits() };
    this.#log = new ProjectedLog({ ...store, eventStore }, { filter: projection.filter, pageSize, ...follows });
    this.#rebuilds = new Rebuilds({ ...parts, log: this.#log });
    this.#isCatchUpWanted = options.follows === undefined && state.is !== 'following';
    this.#states = new RunnerStates(projection.name, state, () => eventStore.trouble);
    const read = { store: eventStore, readModelUpdates: store.readModelUpdates, maxAgeMs, waiters: this.#waiters };
    this.#reads = new FreshReads({ ...read, closing: this.#ending.signal, runner: this.#control() });
    this.#running = this.#run();
  }

  /** Opens the read model and starts to follow; a failure leaves nothing running. @throws StoreForeign, or another fault of the store */
  static async open<Event extends EventShape, Row>(
    given: RunnerOptions<Event, Row>,
  ): Promise<ProjectionRunner<Event, Row>> {
    const options = parseRunnerOptions(given);
    const { readModels, readModelUpdates } = options.store;
    const projection = withPlaceholders(options.projection);
    const model = await readModels.open(projection);
    const found = await model.read([]);
    const isAtHead = readModelUpdates === 'inline' && areOpenedAtHead(found, modelName(projection));
    const parts: Parts<Row> = { model: new TimedReadModel(model), projection, readModelUpdates };
    return new ProjectionRunner(options, parts, { is: isAtHead ? 'following' : 'catching-up' });
  }

  get state(): RunnerState {
    return this.#states.seen;
  }

  /** The rows under these keys. @throws ProjectionBehind, DeadlineExceeded */
  read(keys: readonly string[], freshness: Freshness = {}): Promise<FreshRows<Row>> {
    return this.#readFresh(freshness, (deadline) => this.#stored.read(keys, deadline));
  }

  /** The rows an index has under a value, including unreadable ones; as fresh as those of {@link read}. */
  query(query: RowQuery, freshness: Freshness = {}): Promise<RowsAt<readonly KeyedRow<Stored<Row>>[]>> {
    return this.#readFresh(freshness, (deadline) => this.rows.query(query, deadline));
  }

  /** The keys of the rows {@link ProjectionRunner.query} would return. */
  keys(query: RowQuery, freshness: Freshness = {}): Promise<RowsAt<readonly string[]>> {
    return this.#readFresh(freshness, (deadline) => this.rows.keys(query, deadline));
  }

  /** The number of rows an index has under a value, including unreadable ones; as fresh as those of {@link read}. */
  count(query: RowCount, freshness: Freshness = {}): Promise<RowsAt<number>> {
    return this.#readFresh(freshness, (deadline) => this.rows.count(query, deadline));
  }

  /** The rows that this program can't read, and why, with their keys: of one kind, or all. */
  unreadable(wanted?: UnreadablePage, freshness: Freshness = {}): Promise<RowsAt<readonly KeyedRow<UnreadableRow>[]>> {
    return this.#readFresh(freshness, (deadline) => this.#stored.unreadable(wanted, deadline));
  }

  /** Waits until the rows are fresh enough to read. @throws ProjectionBehind, DeadlineExceeded */
  async ready(freshness?: Freshness): Promise<void> {
    await this.read([], freshness);
  }

  /**
   * How far the rows lag behind the store, counted by reading the events after their checkpoint.
   *
   * @throws DeadlineExceeded, StoreClosed
   */
  async lag(signal?: AbortSignal): Promise<Lag> {
    return this.#untilClosed('the lag', signal, async (deadline) =>
      this.#log.lag((await this.rows.checkpoint(deadline)) ?? START, deadline),
    );
  }

  /** Reduces all events up to the head. @throws ProjectionStopped, DeadlineExceeded, StoreClosed */
  async catchUp(signal?: AbortSignal): Promise<Position> {
    return this.#untilClosed('catching up', signal, (deadline) => this.#catchUp(deadline));
  }

  /**
   * Computes all rows again from the first event, one rebuild at a time; until then, reads answer from the old rows.
   *
   * @throws ProjectionStopped before an event that can't be reduced; the old rows stay.
   * @throws StoreClosed, or RebuildSuperseded when another process began a later rebuild.
   */
  async rebuild(signal?: AbortSignal): Promise<Position> {
    const checkpoint = await this.#untilClosed('a rebuild', signal, (deadline) => this.#rebuilds.rebuild(deadline));
    this.resume();
    return checkpoint;
  }

  /** Resumes at once after a stop or during a pause, when the cause is fixed. */
  resume(): void {
    this.#isCatchUpWanted = true;
    this.#wakes.notify();
    this.#log.hurry();
  }

  /** Stops for good within `closeMs`, whether or not the store answers; waiting reads reject. */
  async close(options?: CloseOptions): Promise<void> {
    const closeMs = closeMsOf(options);
    this.#states.become({ is: 'closed' });
    this.#ending.abort();
    this.#log.leave();
    this.#waiters.fail(this.#states.closed());
    await within(this.#running, closeMs);
  }

  /** Rebuilds in the background. After a failure, a read that meets such a row tries again. */
  #replaceOutdated(): void {
    if (performance.now() - this.#replacedAt < REPLACED_EVERY_MS) return;
    this.#replacedAt = performance.now();
    this.rebuild().catch(() => undefined);
  }

  #control(): RunnerControl {
    return {
      refuseWhenStopped: (reached) => {
        this.#states.refuseWhenClosed();
        if (this.#states.hasMoved(reached)) this.resume();
      },
      wake: () => this.resume(),
      isAtHead: (proof) => {
        this.#reads.noteAtHead(proof);
        if (this.#states.now.is === 'catching-up') this.#states.become({ is: 'following' });
      },
      lateFault: async (deadline, { cause, required }) => {
        if (this.state.is === 'closed') return this.#states.closed();
        this.#states.fallBehind();
        const { seen } = this.#states;
        return deadline.behind(this.rows, required, seen.is === 'retrying' ? seen.fault : cause);
      },
    };
  }

  async #run(): Promise<void> {
    const pauses = new OutagePauses();
    // After a failure, the first read of such a row reports it.
    await this.#stored.lookForOutdated(this.#ended).catch(() => undefined);
    while (!this.#ending.signal.aborted) {
      try {
        if (this.#follows === 'always' || this.#isCatchUpWanted) {
          this.#isCatchUpWanted = false;
          const reached = await this.#keepUp(this.#ended);
          if (this.#follows === 'always') this.#isCatchUpWanted &&= this.#waiters.awaits(reached);
          pauses.reset();
        }
        await this.#rest();
      } catch (caught) {
        await this.#recover(caught, pauses);
      }
    }
  }

  /** Until it is woken, or its log is to be read again. */
  #rest(): Promise<void> | undefined {
    if (this.#isCatchUpWanted) return undefined;
    return this.#follows === 'always' ? this.#log.due(this.#ending.signal) : this.#wakes.changed(this.#ending.signal);
  }

  /** Reduces all events up to the head. @throws DeadlineExceeded */
  async #keepUp(deadline: Deadline): Promise<Position> {
    await this.#rebuilds.buildInitially(deadline);
    if (this.#parts.readModelUpdates === 'inline') {
      const checkpoint = await stepToHead((atMost) => this.rows.catchUp(atMost, deadline));
      this.#states.become({ is: 'following' });
      return checkpoint;
    }
    const passed = await stepThrough(this.#parts, deadline, (after) => this.#log.upToHead(after, deadline));
    this.#reads.noteAtHead(passed);
    this.#states.become({ is: 'following' });
    return passed.checkpoint;
  }

  async #catchUp(deadline: Deadline): Promise<Position> {
    if (this.#parts.readModelUpdates === 'inline') return this.#keepUp(deadline);
    for (let attempt = 1; ; attempt++) {
      const head = await this.#log.store.head(deadline);
      this.#log.hurry();
      const checkpoint = await this.#keepUp(deadline);
      if (checkpoint >= head) return checkpoint;
      // A pass goes as far as the connected node, which may lag.
      await deadline.wait(pause(attempt));
    }
  }

  /** Works for a caller, until its signal fires or the runner closes. @throws StoreClosed */
  #untilClosed<Result>(
    doing: string,
    given: AbortSignal | undefined,
    work: (deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    return this.#states.untilClosed(this.#ending.signal, given, (signal) => work(this.#deadline(doing, signal)));
  }

  #deadline(doing: string, signal: AbortSignal | undefined): Deadline {
    return new Deadline(`${doing} of ${modelName(this.#parts.projection)}`, { signal });
  }

  async #recover(caught: unknown, pauses: OutagePauses): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#isCatchUpWanted = true;
    const isUnknown = isFault(caught, 'position-unknown');
    const areOurs = !isUnknown || (await areOfThisLog(this.rows, this.#log.store, this.#ended));
    const canGoOn = isFault(caught) && (caught.retryable || (isUnknown && areOurs));
    if (isUnknown || !canGoOn) this.#reads.discardProofs();
    if (canGoOn) {
      this.#states.retry(caught);
      return this.#pause(pauses.next(STORE_AWAY_MS));
    }
    const at = await this.rows.checkpoint(this.#ended).catch(() => undefined);
    if (isUnknown) await forgetLost(this.#log.store, this.#ended).catch(() => undefined);
    this.#states.become({ is: 'stopped', why: caught, at });
    this.#waiters.fail(caught);
    const isBuilt = !areOurs && (await this.#rebuilds.rebuildLost(this.#ended));
    if (!isBuilt) await this.#wakes.changed(this.#ending.signal, areOurs ? undefined : pauses.next());
    this.#states.become({ is: 'catching-up' });
  }

  /** Until it is woken. However many reads wake it, a store that is away is not asked more often than they look. */
  async #pause(ms: number): Promise<void> {
    const begun = performance.now();
    await this.#wakes.changed(this.#ending.signal, ms);
    const leftMs = Math.min(ms, AWAITED_MS) - (performance.now() - begun);
    await within(new Promise<void>(() => undefined), Math.max(0, leftMs), this.#ending.signal);
  }

  async #readFresh<Found extends RowsAt<unknown>>(freshness: Freshness, read: Read<Found>): Promise<Found> {
    return new ReadDeadline(this.#parts.projection.name, freshness).during(async (deadline) => {
      this.#states.refuseWhenClosed();
      if (this.#pacer.isDue()) await yieldToLoop();
      const answer = await this.#reads.answer(read, deadline);
      // The rows were at the head when the read began.
      if (this.#states.now.is === 'catching-up') this.#states.become({ is: 'following' });
      return answer;
    });
  }
}
