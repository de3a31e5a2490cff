import { StoreClosed } from '../faults.js';
import { CheckpointConflict, RebuildSuperseded } from './projection-faults.js';
import { SignalBoard } from '../signal-board.js';
import { filterPredicate } from '../streams/event-filter.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import type { InlineModel } from '../streams/memory-event-store.js';
import { laterPosition, type Position } from '../streams/position.js';
import { modelName, type Projection, type ReadModelDefinition } from './projection.js';
import type {
  KeyedRow,
  ReadModel,
  ReadModelChange,
  ReadModelStore,
  RebuildingModel,
  RowQuery,
  RowsAt,
} from './read-model-store.js';
import { reduceAtOnce } from './reduce-page.js';
import { queryRows } from './row-query.js';

/** After so long a waiter looks again, whether or not anything was heard. */
const LOOKED_AGAIN_MS = 1000;

/** The rows and how far they are: one object, so that a rebuild takes the live one's place by one assignment. */
interface Generation<Row> {
  readonly rows: Map<string, Row>;
  checkpoint: Position | undefined;
}

/** Read models in this process's memory: they are gone when it ends, and are rebuilt from the events. */
export class MemoryReadModelStore implements ReadModelStore {
  readonly #models = new Map<string, MemoryReadModel<unknown>>();
  readonly #head: (() => Position) | undefined;
  #isClosed = false;

  /** @param head Of the event store they are kept with; left out for read models that stand alone. */
  constructor(head?: () => Position) {
    this.#head = head;
  }

  async open<Row>(definition: ReadModelDefinition<Row>): Promise<ReadModel<Row>> {
    return this.openNow(definition);
  }

  /** {@link open} without waiting, for the memory store's inline projections. */
  openNow<Row>(definition: ReadModelDefinition<Row>): MemoryReadModel<Row> {
    const surroundings = { isClosed: () => this.#isClosed, head: this.#head };
    refuseWhenClosed(surroundings);
    const name = modelName(definition);
    const known = this.#models.get(name);
    // The name stands for the type of its rows: whoever opens it again means the same projection.
    if (known !== undefined) return known as MemoryReadModel<Row>;
    const made = new MemoryReadModel<Row>(definition, surroundings);
    this.#models.set(name, made);
    return made;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const model of this.#models.values()) model.wake();
  }
}

/** Opens read models in memory, to stand beside an event store that keeps none of its own. */
export function memoryReadModelStore(): ReadModelStore {
  return new MemoryReadModelStore();
}

/** What a read model in memory knows of its store. */
interface Surroundings {
  readonly isClosed: () => boolean;
  /** Where the events are that it is kept with; `undefined` when it stands alone. */
  readonly head: (() => Position) | undefined;
}

function refuseWhenClosed({ isClosed }: Surroundings): void {
  if (isClosed()) throw new StoreClosed({ store: 'the memory read-model store' });
}

/** One read model in memory. */
export class MemoryReadModel<Row> implements ReadModel<Row> {
  readonly #definition: ReadModelDefinition<Row>;
  readonly #surroundings: Surroundings;
  readonly #board = new SignalBoard();
  #rebuilding: MemoryReadModel<Row> | undefined;
  #live: Generation<Row> = { rows: new Map(), checkpoint: undefined };

  constructor(definition: ReadModelDefinition<Row>, surroundings: Surroundings) {
    this.#definition = definition;
    this.#surroundings = surroundings;
  }

  async read(keys: readonly string[]): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    refuseWhenClosed(this.#surroundings);
    const rows = new Map<string, Row>();
    for (const key of keys) {
      const row = this.row(key);
      if (row !== undefined) rows.set(key, row);
    }
    return this.#at(rows);
  }

  async query(query: RowQuery): Promise<RowsAt<readonly KeyedRow<Row>[]>> {
    refuseWhenClosed(this.#surroundings);
    return this.#at(queryRows(this.#definition, this.#live.rows, query));
  }

  async checkpoint(): Promise<Position | undefined> {
    refuseWhenClosed(this.#surroundings);
    return this.#live.checkpoint;
  }

  async commit(change: ReadModelChange<Row>): Promise<void> {
    refuseWhenClosed(this.#surroundings);
    this.#refuseUnless(this.#live.checkpoint, change.expected);
    this.apply(change);
  }

  async changed(signal: AbortSignal): Promise<void> {
    if (!this.#surroundings.isClosed()) await this.#board.changed(signal, LOOKED_AGAIN_MS);
  }

  async beginRebuild(): Promise<RebuildingModel<Row>> {
    refuseWhenClosed(this.#surroundings);
    const copy = new MemoryReadModel<Row>(this.#definition, this.#surroundings);
    this.#rebuilding = copy;
    return Object.assign(copy, {
      switchOver: async (change: ReadModelChange<Row>): Promise<void> => {
        // A rebuild that was begun again meanwhile is not this one's to finish.
        if (this.#rebuilding !== copy) throw new RebuildSuperseded({ model: modelName(this.#definition) });
        if (laterPosition(this.#live.checkpoint ?? change.checkpoint, change.checkpoint) !== change.checkpoint) {
          this.#conflict(change.checkpoint, this.#live.checkpoint);
        }
        await copy.commit(change);
        this.#live = copy.#live;
        this.#rebuilding = undefined;
        this.wake();
      },
    });
  }

  /** The row under a key, at once. */
  row(key: string): Row | undefined {
    return this.#live.rows.get(key);
  }

  /** Takes a step that was checked before. */
  apply(change: Omit<ReadModelChange<Row>, 'expected'>): void {
    for (const [key, row] of change.rows) {
      if (row === undefined) this.#live.rows.delete(key);
      else this.#live.rows.set(key, row);
    }
    this.#live.checkpoint = change.checkpoint;
    this.wake();
  }

  /** Wakes all who wait for a change. */
  wake(): void {
    this.#board.notify();
  }

  #at<Rows>(rows: Rows): RowsAt<Rows> {
    const head = this.#surroundings.head?.();
    return { checkpoint: this.#live.checkpoint, rows, ...(head !== undefined && { head }) };
  }

  #refuseUnless(actual: Position | undefined, expected: Position | undefined): void {
    if (actual !== expected) this.#conflict(expected, actual);
  }

  #conflict(expected: Position | undefined, actual: Position | undefined): never {
    throw new CheckpointConflict({ model: modelName(this.#definition), expected, actual });
  }
}

/** Keeps a memory read model up to date inside the memory event store's appends. */
export function inlineInMemory<Event extends EventShape, Row>(
  projection: Projection<Event, Row>,
  model: MemoryReadModel<Row>,
): InlineModel {
  const isWanted = filterPredicate(projection.filter);
  return {
    prepare(events: readonly RecordedEvent[]): () => void {
      const { rows, stopped } = reduceAtOnce(projection, events.filter(isWanted), (key) => model.row(key));
      if (stopped !== undefined) throw stopped;
      const checkpoint = events.at(-1)?.position;
      return () => {
        if (checkpoint !== undefined) model.apply({ checkpoint, rows });
      };
    },
  };
}
