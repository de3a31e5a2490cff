import { refuseOver, type WaitOptions } from '../deadline.js';
import { deepFrozen } from '../deep-frozen.js';
import { StoreClosed } from '../faults.js';
import { CheckpointConflict, RebuildSuperseded } from './projection-faults.js';
import { Notifier } from '../store/notifier.js';
import { filterPredicate, type EventPredicate } from '../streams/event-filter.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { demandAll, holds } from '../streams/memory-log.js';
import { placeIn, START, type Position } from '../streams/position.js';
import { modelName, type Projection } from './projection.js';
import { MOST_BEHIND } from './read-model-store.js';
import type {
  KeyedRow,
  ReadModel,
  ReadModelChange,
  ReadModelStore,
  RebuildingModel,
  RowQuery,
  RowsAt,
} from './read-model-store.js';
import { reducePage, type ReducedPage } from './reduce-page.js';
import { queryRows } from './row-query.js';

const WAITED_FOR = 'a call of a read model';
/** After so long a waiter looks again, whether or not anything was heard. */
const LOOKED_AGAIN_MS = 1000;

/** The rows and how far they are: one object, so that a rebuild takes the live one's place by one assignment. */
interface Generation<Row> {
  readonly rows: Map<string, Row>;
  checkpoint: Position | undefined;
}

/** Read models in this process's memory: they are gone when it ends, and are rebuilt from the events. */
export class MemoryReadModelStore implements ReadModelStore {
  readonly #models = new Map<string, KeptInMemory>();
  readonly #log: (() => readonly RecordedEvent[]) | undefined;
  #isClosed = false;

  /** @param log Of the event store they are kept with; left out for read models that stand alone. */
  constructor(log?: () => readonly RecordedEvent[]) {
    this.#log = log;
  }

  async open<Event extends EventShape, Row>(projection: Projection<Event, Row>): Promise<ReadModel<Row>> {
    const surroundings = { isClosed: () => this.#isClosed, log: this.#log };
    refuseWhenClosed(surroundings);
    const name = modelName(projection);
    const known = this.#models.get(name);
    // The name stands for the type of its rows: whoever opens it again means the same projection.
    if (known !== undefined) return known.model as MemoryReadModel<Event, Row>;
    const model = new MemoryReadModel(projection, surroundings);
    this.#models.set(name, { model, keep: (events) => model.keep(events) });
    return model;
  }

  /**
   * Reduces the events of an append for every model that is near enough to the head, which may throw; the effect it answers with
   * can't fail. To be called before the events are in the log.
   */
  keep(events: readonly RecordedEvent[]): () => void {
    const effects = Array.from(this.#models.values(), ({ keep }) => keep(events));
    return () => {
      for (const takeEffect of effects) takeEffect();
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { model } of this.#models.values()) model.wake();
  }
}

interface KeptInMemory {
  readonly model: { wake(): void };
  readonly keep: (events: readonly RecordedEvent[]) => () => void;
}

/** Opens read models in memory, to stand beside an event store that keeps none of its own. */
export function memoryReadModelStore(): ReadModelStore {
  return new MemoryReadModelStore();
}

/** What a read model in memory knows of its store. */
interface Surroundings {
  readonly isClosed: () => boolean;
  /** All events of the store it is kept with; `undefined` when it stands alone. */
  readonly log: (() => readonly RecordedEvent[]) | undefined;
}

function refuseWhenClosed({ isClosed }: Surroundings): void {
  if (isClosed()) throw new StoreClosed({ store: 'the memory read-model store' });
}

/** One read model in memory. */
export class MemoryReadModel<Event extends EventShape, Row> implements ReadModel<Row> {
  readonly #projection: Projection<Event, Row>;
  readonly #surroundings: Surroundings;
  readonly #board = new Notifier();
  readonly #isWanted: EventPredicate;
  #rebuilding: MemoryReadModel<Event, Row> | undefined;
  #live: Generation<Row> = { rows: new Map(), checkpoint: undefined };

  constructor(projection: Projection<Event, Row>, surroundings: Surroundings) {
    this.#projection = projection;
    this.#isWanted = filterPredicate(projection.filter);
    this.#surroundings = surroundings;
  }

  async read(keys: readonly string[], wait?: WaitOptions): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    refuseWhenClosed(this.#surroundings);
    refuseOver(WAITED_FOR, wait);
    const rows = new Map<string, Row>();
    for (const key of keys) {
      const row = this.#row(key);
      if (row !== undefined) rows.set(key, row);
    }
    return this.#at(rows);
  }

  async query(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly KeyedRow<Row>[]>> {
    refuseWhenClosed(this.#surroundings);
    refuseOver(WAITED_FOR, wait);
    const rows = queryRows(this.#projection, this.#live.rows, query);
    for (const { row } of rows) deepFrozen(row);
    return this.#at(rows);
  }

  async keys(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly string[]>> {
    const { rows, ...at } = await this.query(query, wait);
    return { ...at, rows: rows.map(({ key }) => key) };
  }

  async checkpoint(wait?: WaitOptions): Promise<Position | undefined> {
    refuseWhenClosed(this.#surroundings);
    refuseOver(WAITED_FOR, wait);
    return this.#live.checkpoint;
  }

  async commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    refuseWhenClosed(this.#surroundings);
    refuseOver(WAITED_FOR, wait);
    this.#refuseUnless(this.#live.checkpoint, change.expected);
    demandAll(this.#surroundings.log?.(), change.standsOn);
    this.#apply(change);
  }

  async changed(signal: AbortSignal): Promise<void> {
    if (!this.#surroundings.isClosed()) await this.#board.changed(signal, LOOKED_AGAIN_MS);
  }

  async beginRebuild(wait?: WaitOptions): Promise<RebuildingModel<Row>> {
    refuseWhenClosed(this.#surroundings);
    refuseOver(WAITED_FOR, wait);
    const copy = new MemoryReadModel(this.#projection, this.#surroundings);
    this.#rebuilding = copy;
    return Object.assign(copy, {
      switchOver: async (change: ReadModelChange<Row>, waiting?: WaitOptions) => {
        refuseOver(WAITED_FOR, waiting);
        this.#switchTo(copy, change);
      },
    });
  }

  /**
   * What an append comes to, if the rows are at most {@link MOST_BEHIND} events behind the head; else nothing.
   *
   * @throws ProjectionStopped when one of the events can't be reduced.
   */
  keep(events: readonly RecordedEvent[]): () => void {
    const behind = this.#behind();
    const checkpoint = events.at(-1)?.position;
    if (behind === undefined || checkpoint === undefined) return () => undefined;
    const before = this.#reduced(behind);
    if (before.stopped !== undefined) return () => undefined;
    const { rows, stopped } = this.#reduced(events, before.rows);
    if (stopped !== undefined) throw stopped;
    return () => this.#apply({ checkpoint, rows: before.rows.size === 0 ? rows : new Map([...before.rows, ...rows]) });
  }

  /** Wakes all who wait for a change. */
  wake(): void {
    this.#board.notify();
  }

  /** All at once, so that no append gets in between: it would be lost with the rows it was reduced into. */
  #switchTo(copy: MemoryReadModel<Event, Row>, { expected, lost, ...change }: ReadModelChange<Row>): void {
    // A rebuild that was begun again meanwhile is not this one's to finish.
    if (this.#rebuilding !== copy) throw new RebuildSuperseded({ model: modelName(this.#projection) });
    copy.#refuseUnless(copy.#live.checkpoint, expected);
    demandAll(this.#surroundings.log?.(), change.standsOn);
    const behind = copy.#behind(change.checkpoint) ?? [];
    const rest = copy.#reduced(behind, change.rows);
    const head = rest.stopped === undefined ? behind.at(-1)?.position : undefined;
    const [reached, live] = [head ?? change.checkpoint, this.#live.checkpoint ?? START];
    if (live > reached && live !== lost) this.#conflict(reached, live);
    copy.#apply(change);
    if (head !== undefined) copy.#apply({ checkpoint: head, rows: rest.rows });
    this.#live = copy.#live;
    this.#rebuilding = undefined;
    this.wake();
  }

  /** The events between the rows and the head; `undefined` when they are too many, or there is no log to look at. */
  #behind(checkpoint: Position | undefined = this.#live.checkpoint): readonly RecordedEvent[] | undefined {
    const log = this.#surroundings.log?.();
    const reached = Number(placeIn(checkpoint ?? START));
    if (log === undefined || log.length - reached > MOST_BEHIND || !holds(log, checkpoint ?? START)) return undefined;
    return log.slice(reached);
  }

  /** `over`: rows that are newer than those kept. */
  #reduced(events: readonly RecordedEvent[], over: ReadonlyMap<string, Row | undefined> = new Map()): ReducedPage<Row> {
    const lookUp = (key: string): Row | undefined => (over.has(key) ? over.get(key) : this.#row(key));
    return reducePage(this.#projection, events.filter(this.#isWanted), lookUp);
  }

  /** Frozen when it is handed out: nobody may change it for the others. */
  #row(key: string): Row | undefined {
    return deepFrozen(this.#live.rows.get(key));
  }

  #apply(change: Omit<ReadModelChange<Row>, 'expected'>): void {
    for (const [key, row] of change.rows) {
      if (row === undefined) this.#live.rows.delete(key);
      else this.#live.rows.set(key, row);
    }
    this.#live.checkpoint = change.checkpoint;
    this.wake();
  }

  #at<Rows>(rows: Rows): RowsAt<Rows> {
    const log = this.#surroundings.log?.();
    const head = log === undefined ? undefined : (log.at(-1)?.position ?? START);
    return { checkpoint: this.#live.checkpoint, rows, ...(head !== undefined && { head }) };
  }

  #refuseUnless(actual: Position | undefined, expected: Position | undefined): void {
    if (actual !== expected) this.#conflict(expected, actual);
  }

  #conflict(expected: Position | undefined, actual: Position | undefined): never {
    throw new CheckpointConflict({ model: modelName(this.#projection), expected, actual });
  }
}
