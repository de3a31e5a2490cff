import { systemClock, type Clock } from '../clock.js';
import { Deadline } from '../deadline.js';
import { isFault } from '../is-fault.js';
import type { ReadAllOptions, SubscriptionMessage } from '../streams/event-store.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { TimedEventStore } from '../streams/timed-event-store.js';
import { KeyedMutex } from '../store/keyed-mutex.js';
import type { Store } from '../store.js';
import { leaveToSteps } from './first-rows.js';
import { demandInLog } from './head-proof.js';
import { lagAfter, type Lag } from './lag.js';
import { CheckpointConflict } from './projection-faults.js';
import { modelName, type Projection } from './projection.js';
import type { ProjectorOptions } from './projector-options.js';
import type { ReadModel, ReadModelChange, ReadModelStore } from './read-model-store.js';
import { Rebuild } from './rebuild.js';
import { reducePage, unknownKeys, type KnownRows } from './reduce-page.js';
import { takingTurns } from './taking-turns.js';
import { TimedReadModel } from './timed-read-model.js';

const REMEMBERED_ROWS = 20_000;
/** Events reduced in one transaction, so that nobody else in the process waits longer than some milliseconds. */
const LARGEST_STEP = 100;

/**
 * A projector's turn at a read model: how far it is, and the rows it knows. They are as it left them for as long as its
 * commits succeed, since each compares the checkpoint: when one fails, the turn is over.
 */
interface Turn<Row> {
  readonly deadline: Deadline;
  readonly model: TimedReadModel<Row>;
  reached: Position | undefined;
  readonly known: KnownRows<Row>;
}

/**
 * Keeps one read model up with the store. Each page of events and the checkpoint after it are one transaction that
 * compares the checkpoint first, so two projectors on one read model only take turns. It stops at an event it can't
 * reduce, says where, and goes on from there when called again.
 */
export class Projector<Event extends EventShape, Row> {
  readonly #store: TimedEventStore;
  readonly #readModels: ReadModelStore;
  readonly #projection: Projection<Event, Row>;
  readonly #pageSize: number;
  readonly #clock: Clock;
  readonly #onHead: (askedAt: number) => void;
  readonly #keeps: Store['keeps'];
  /** One at a time: the later one would take the earlier one's place. */
  readonly #rebuilds = new KeyedMutex<string>();
  #opened: Promise<ReadModel<Row>> | undefined;

  constructor(options: ProjectorOptions<Event, Row>) {
    this.#store = new TimedEventStore(options.eventStore);
    this.#readModels = options.readModels;
    this.#projection = options.projection;
    this.#pageSize = options.pageSize ?? 500;
    this.#clock = options.clock ?? systemClock;
    this.#onHead = options.onHead ?? (() => undefined);
    this.#keeps = options.keeps ?? 'followed';
  }

  /** The read model it keeps. */
  readModel(): Promise<ReadModel<Row>> {
    this.#opened ??= this.#readModels.open(this.#projection).catch((caught: unknown) => {
      // The next call opens it anew.
      this.#opened = undefined;
      throw caught;
    });
    return this.#opened;
  }

  /**
   * Reduces all events there are now, and resolves to the checkpoint.
   *
   * @throws ProjectionStopped before an event that can't be reduced.
   * @throws DeadlineExceeded when the signal fired: what was reduced until then stays.
   */
  async catchUp(signal?: AbortSignal): Promise<Position> {
    const deadline = new Deadline(`catching up with ${this.name}`, { signal });
    const model = await this.#model(deadline);
    await this.#buildFirstRows(model, deadline);
    return takingTurns(deadline, async () => {
      const askedAt = performance.now();
      const head = await this.#store.head(deadline);
      const turn = await this.#turn(model, deadline);
      for await (const page of this.#store.readAll(this.#steps(turn.reached), deadline)) await this.#reduce(turn, page);
      if ((turn.reached ?? START) < head) {
        if (this.#keeps === 'followed') await demandInLog(this.#store, head, deadline);
        await this.#commit(turn, { checkpoint: head, rows: new Map() });
      }
      this.#onHead(askedAt);
      return turn.reached ?? START;
    });
  }

  /**
   * Keeps up with the store until `signal` fires.
   *
   * @throws ProjectionStopped before an event that can't be reduced.
   * @throws StoreClosed when a store is closed meanwhile.
   */
  async follow(signal: AbortSignal): Promise<void> {
    const deadline = new Deadline(`following with ${this.name}`, { signal });
    try {
      const model = await this.#model(deadline);
      await this.#buildFirstRows(model, deadline);
      while (!signal.aborted) await takingTurns(deadline, () => this.#followFrom(model, deadline));
    } catch (caught) {
      if (!signal.aborted || !isFault(caught, 'deadline-exceeded')) throw caught;
    }
  }

  /**
   * Computes all rows anew from the first event, beside the live ones, and puts them in their place at once. Readers see
   * the old rows till then.
   *
   * @throws ProjectionStopped before an event that can't be reduced; the live rows stay.
   * @throws RebuildSuperseded when somebody else began another one meanwhile. One of this projector's own waits for its turn.
   * @throws DeadlineExceeded when the signal fired.
   */
  rebuild(signal?: AbortSignal): Promise<Position> {
    const deadline = new Deadline(`a rebuild of ${this.name}`, { signal });
    return this.#alone(deadline, () => this.#rebuild(deadline));
  }

  /** How far the read model is behind. Reads on from its checkpoint to see. @throws DeadlineExceeded when the signal fired. */
  lag(signal?: AbortSignal): Promise<Lag> {
    return this.#lag(new Deadline(`the lag of ${this.name}`, { signal }));
  }

  async #lag(deadline: Deadline): Promise<Lag> {
    const model = await this.#model(deadline);
    const after = (await model.checkpoint(deadline)) ?? START;
    return lagAfter(after, { store: this.#store, filter: this.#projection.filter, clock: this.#clock }, deadline);
  }

  async #model(deadline: Deadline): Promise<TimedReadModel<Row>> {
    return new TimedReadModel(await deadline.wait(this.readModel()));
  }

  /** Many rows that are not there at all are sooner there by a rebuild, which writes each about once. */
  async #buildFirstRows(model: TimedReadModel<Row>, deadline: Deadline): Promise<void> {
    if ((await model.checkpoint(deadline)) !== undefined) return;
    const buildIfMany = async (): Promise<void> => {
      // Whoever had the turn before may have built them.
      if ((await this.#lag(deadline)).isAtLeast) await this.#rebuild(deadline);
    };
    await this.#alone(deadline, buildIfMany).catch(leaveToSteps);
  }

  async #alone<Result>(deadline: Deadline, work: () => Promise<Result>): Promise<Result> {
    if ((await this.#rebuilds.enter(this.name, deadline)) === false) throw deadline.fault();
    try {
      return await work();
    } finally {
      this.#rebuilds.leave(this.name);
    }
  }

  async #rebuild(deadline: Deadline): Promise<Position> {
    const live = await this.#model(deadline);
    const copy = await live.beginRebuild(deadline);
    const rebuild = new Rebuild(this.#projection, { copy, deadline, keeps: this.#keeps });
    return takingTurns(deadline, async () => {
      await rebuild.readOn(this.#store, this.#reading(undefined));
      // What was written since the read ended is reduced before the switch claims to know it. Live rows that follow may stand
      // further than the last event, where nothing of this store is; if they are of a lost history, they don't count.
      const [head, reached] = [await this.#store.head(deadline), (await live.checkpoint(deadline)) ?? START];
      const isLost = reached > head && !(await this.#store.knows(reached, deadline));
      const end = isLost ? head : laterPosition(head, reached);
      // Before the last read: what comes after it has to be quick, or live rows that are written all the time are always further.
      if (this.#keeps === 'followed') await demandInLog(this.#store, end, deadline);
      await rebuild.readOn(this.#store, this.#reading(undefined));
      const checkpoint = laterPosition(end, rebuild.reached);
      await rebuild.finish({ checkpoint, ...(isLost && { lost: reached }) });
      return checkpoint;
    });
  }

  async #followFrom(model: TimedReadModel<Row>, deadline: Deadline): Promise<void> {
    const turn = await this.#turn(model, deadline);
    for await (const message of this.#store.subscribe(this.#steps(turn.reached), deadline)) {
      await this.#take(turn, message);
    }
  }

  async #turn(model: TimedReadModel<Row>, deadline: Deadline): Promise<Turn<Row>> {
    return { deadline, model, reached: await model.checkpoint(deadline), known: new Map() };
  }

  async #take(turn: Turn<Row>, message: SubscriptionMessage): Promise<void> {
    if (message.kind === 'events') return this.#reduce(turn, message.events);
    if (turn.reached === undefined || message.position > turn.reached) {
      await this.#commit(turn, { checkpoint: message.position, rows: new Map() });
    }
    this.#onHead(message.askedAt ?? -Infinity);
  }

  /** A step stands on events of this log, or nothing is written (docs/guarantees.md#reading): kept inline, the step itself asks. */
  async #commit(turn: Turn<Row>, { checkpoint, rows }: Omit<ReadModelChange<Row>, 'expected'>): Promise<void> {
    const { model, reached: expected } = turn;
    const standsOn = this.#keeps === 'inline' && { standsOn: [expected ?? START, checkpoint] };
    await model.commit({ expected, checkpoint, rows, ...standsOn }, turn.deadline);
    turn.reached = checkpoint;
  }

  async #reduce(turn: Turn<Row>, events: readonly RecordedEvent[]): Promise<void> {
    await this.#lookUp(turn, unknownKeys(this.#projection, events, turn.known));
    const reduced = reducePage(this.#projection, events, (key) => turn.known.get(key));
    if (reduced.position !== undefined) {
      await this.#commit(turn, { checkpoint: reduced.position, rows: reduced.rows });
      for (const [key, row] of reduced.rows) turn.known.set(key, row);
    }
    if (reduced.stopped !== undefined) throw reduced.stopped;
    if (turn.known.size > REMEMBERED_ROWS) turn.known.clear();
  }

  /**
   * Looks up the rows a page begins with. Those of another checkpoint hold events that are still to come: an event reduced twice would
   * look like one that can't be reduced.
   *
   * @throws CheckpointConflict when another projector was here.
   */
  async #lookUp(turn: Turn<Row>, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const { rows, checkpoint } = await turn.model.read(keys, turn.deadline);
    if (checkpoint !== turn.reached)
      throw new CheckpointConflict({ model: this.name, expected: turn.reached, actual: checkpoint });
    for (const key of keys) turn.known.set(key, rows.get(key));
  }

  #steps(reached: Position | undefined): ReadAllOptions {
    return { ...this.#reading(reached), pageSize: Math.min(this.#pageSize, LARGEST_STEP) };
  }

  #reading(reached: Position | undefined): ReadAllOptions {
    const { filter } = this.#projection;
    return { filter, pageSize: this.#pageSize, ...(reached !== undefined && { after: reached }) };
  }

  /** The name its read model is kept under. */
  get name(): string {
    return modelName(this.#projection);
  }
}
