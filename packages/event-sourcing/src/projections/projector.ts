import { systemClock, type Clock } from '../clock.js';
import { DeadlineExceeded } from '../faults.js';
import { isFault } from '../is-fault.js';
import type { EventStore, ReadAllOptions, SubscriptionMessage } from '../streams/event-store.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { pause } from '../store/back-off.js';
import { KeyedMutex } from '../store/keyed-mutex.js';
import { leaveToSteps } from './first-rows.js';
import { lagAfter, type Lag } from './lag.js';
import { CheckpointConflict } from './projection-faults.js';
import { modelName, type Projection } from './projection.js';
import type { ReadModel, ReadModelStore } from './read-model-store.js';
import { Rebuild } from './rebuild.js';
import { reducePage, unknownKeys, type KnownRows } from './reduce-page.js';

/** What a projector is made of. */
export interface ProjectorOptions<Event extends EventShape, Row> {
  readonly eventStore: EventStore;
  readonly readModels: ReadModelStore;
  readonly projection: Projection<Event, Row>;
  /** Events that a rebuild reads at once, 1 to 10,000. Default 500: larger pages outlive the young generation, and are slower. */
  readonly pageSize?: number;
  readonly clock?: Clock;
  /** Called each time its rows are at the head of the store. */
  readonly onHead?: () => void;
}

const REMEMBERED_ROWS = 20_000;
/** Events reduced in one transaction, so that nobody else in the process waits longer than some milliseconds. */
const LARGEST_STEP = 100;

/**
 * A projector's turn at a read model: how far it is, and the rows it knows. They are as it left them for as long as its
 * commits succeed, since each compares the checkpoint: when one fails, the turn is over.
 */
interface Turn<Row> {
  readonly model: ReadModel<Row>;
  reached: Position | undefined;
  readonly known: KnownRows<Row>;
}

/**
 * Keeps one read model up with the store. Each page of events and the checkpoint after it are one transaction that
 * compares the checkpoint first, so two projectors on one read model only take turns. It stops at an event it can't
 * reduce, says where, and goes on from there when called again.
 */
export class Projector<Event extends EventShape, Row> {
  readonly #store: EventStore;
  readonly #readModels: ReadModelStore;
  readonly #projection: Projection<Event, Row>;
  readonly #pageSize: number;
  readonly #clock: Clock;
  readonly #onHead: () => void;
  /** One at a time: the later one would take the earlier one's place. */
  readonly #rebuilds = new KeyedMutex<string>();
  #opened: Promise<ReadModel<Row>> | undefined;

  constructor(options: ProjectorOptions<Event, Row>) {
    this.#store = options.eventStore;
    this.#readModels = options.readModels;
    this.#projection = options.projection;
    this.#pageSize = options.pageSize ?? 500;
    this.#clock = options.clock ?? systemClock;
    this.#onHead = options.onHead ?? (() => undefined);
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
   */
  async catchUp(signal?: AbortSignal): Promise<Position> {
    const model = await this.readModel();
    if ((await model.checkpoint()) === undefined) await this.#buildFirstRows(signal);
    return this.#takingTurns(async () => {
      const head = await this.#store.head();
      const reached = await this.#reduceFrom(model, await model.checkpoint(), signal);
      if (signal?.aborted === true) return reached ?? START;
      if ((reached ?? START) < head) await model.commit({ expected: reached, checkpoint: head, rows: new Map() });
      this.#onHead();
      return laterPosition(reached ?? START, head);
    });
  }

  /**
   * Keeps up with the store until `signal` fires.
   *
   * @throws ProjectionStopped before an event that can't be reduced.
   * @throws StoreClosed when a store is closed meanwhile.
   */
  async follow(signal: AbortSignal): Promise<void> {
    const model = await this.readModel();
    if ((await model.checkpoint()) === undefined) await this.#buildFirstRows(signal);
    while (!signal.aborted) await this.#takingTurns(() => this.#followFrom(model, signal));
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
    return this.#alone(signal, () => this.#rebuild(signal));
  }

  /** How far the read model is behind. Reads on from its checkpoint to see. */
  async lag(): Promise<Lag> {
    const model = await this.readModel();
    const after = (await model.checkpoint()) ?? START;
    return lagAfter(after, { store: this.#store, filter: this.#projection.filter, clock: this.#clock });
  }

  /** Many rows that are not there at all are sooner there by a rebuild, which writes each about once. */
  async #buildFirstRows(signal: AbortSignal | undefined): Promise<void> {
    const buildIfMany = async (): Promise<void> => {
      // Whoever had the turn before may have built them.
      if ((await this.lag()).isAtLeast) await this.#rebuild(signal);
    };
    await this.#alone(signal, buildIfMany).catch(leaveToSteps);
  }

  async #alone<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    if ((await this.#rebuilds.enter(this.name, signal)) === false) throw this.#givenUp();
    try {
      return await work();
    } finally {
      this.#rebuilds.leave(this.name);
    }
  }

  async #rebuild(signal: AbortSignal | undefined): Promise<Position> {
    const live = await this.readModel();
    const rebuild = new Rebuild(this.#projection, await live.beginRebuild());
    return this.#takingTurns(async () => {
      await rebuild.readOn(this.#store, this.#reading(undefined, signal));
      // What was written since the read ended is reduced before the switch claims to know it. Live rows that follow may stand
      // further than the last event, where nothing of this store is.
      const head = laterPosition(await this.#store.head(), (await live.checkpoint()) ?? START);
      await rebuild.readOn(this.#store, this.#reading(undefined, signal));
      if (signal?.aborted === true) throw this.#givenUp();
      return rebuild.finish(head);
    });
  }

  #givenUp(): DeadlineExceeded {
    return new DeadlineExceeded({ doing: `a rebuild of ${this.name}` });
  }

  async #reduceFrom(
    model: ReadModel<Row>,
    checkpoint: Position | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Position | undefined> {
    const turn: Turn<Row> = { model, reached: checkpoint, known: new Map() };
    for await (const page of this.#store.readAll(this.#steps(checkpoint, signal))) await this.#reduce(turn, page);
    return turn.reached;
  }

  async #followFrom(model: ReadModel<Row>, signal: AbortSignal): Promise<void> {
    const turn: Turn<Row> = { model, reached: await model.checkpoint(), known: new Map() };
    for await (const message of this.#store.subscribe(this.#steps(turn.reached, signal))) {
      await this.#take(turn, message);
    }
  }

  async #take(turn: Turn<Row>, message: SubscriptionMessage): Promise<void> {
    if (message.kind === 'events') return this.#reduce(turn, message.events);
    if (turn.reached === undefined || message.position > turn.reached) {
      await turn.model.commit({ expected: turn.reached, checkpoint: message.position, rows: new Map() });
      turn.reached = message.position;
    }
    this.#onHead();
  }

  async #reduce(turn: Turn<Row>, events: readonly RecordedEvent[]): Promise<void> {
    await this.#lookUp(turn, unknownKeys(this.#projection, events, turn.known));
    const reduced = reducePage(this.#projection, events, (key) => turn.known.get(key));
    if (reduced.position !== undefined) {
      await turn.model.commit({ expected: turn.reached, checkpoint: reduced.position, rows: reduced.rows });
      turn.reached = reduced.position;
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
    const { rows, checkpoint } = await turn.model.read(keys);
    if (checkpoint !== turn.reached)
      throw new CheckpointConflict({ model: this.name, expected: turn.reached, actual: checkpoint });
    for (const key of keys) turn.known.set(key, rows.get(key));
  }

  #steps(reached: Position | undefined, signal: AbortSignal | undefined): ReadAllOptions {
    return { ...this.#reading(reached, signal), pageSize: Math.min(this.#pageSize, LARGEST_STEP) };
  }

  #reading(reached: Position | undefined, signal: AbortSignal | undefined): ReadAllOptions {
    return {
      filter: this.#projection.filter,
      pageSize: this.#pageSize,
      ...(reached !== undefined && { after: reached }),
      ...(signal !== undefined && { signal }),
    };
  }

  /** When another projector was first, goes on from where it got to. */
  async #takingTurns<Result>(turn: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await turn();
      } catch (caught) {
        if (!isFault(caught, 'checkpoint-conflict')) throw caught;
        await pause(attempt);
      }
    }
  }

  /** The name its read model is kept under. */
  get name(): string {
    return modelName(this.#projection);
  }
}
