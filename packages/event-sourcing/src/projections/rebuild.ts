import type { Deadline } from '../deadline.js';
import type { ReadAllOptions } from '../streams/event-store.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { START, type Position } from '../streams/position.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import type { Store } from '../store.js';
import { yieldToLoop } from '../yield-to-loop.js';
import type { Projection } from './projection.js';
import { reducePage, unknownKeys, type KnownRows } from './reduce-page.js';
import type { ReadModelChange } from './read-model-store.js';
import type { TimedRebuildingModel } from './timed-read-model.js';

/** Rows kept in memory before they are written, so that a rebuild needs no more of it the longer the log is. */
const HELD_ROWS = 20_000;
/** Rows written in one transaction, so that nobody else in the process waits longer than some milliseconds. */
const SLICE = 200;

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

/** What a rebuild is made of. */
export interface RebuildParts<Row> {
  readonly copy: TimedRebuildingModel<Row>;
  readonly deadline: Deadline;
  readonly keeps: Store['keeps'];
}

/**
 * Fills a copy of a read model that nobody sees yet. Rows are written when there are many of them or at the end, not
 * after each page: a rebuild that is broken off is begun again anyway.
 */
export class Rebuild<Event extends EventShape, Row> {
  readonly #projection: Projection<Event, Row>;
  readonly #copy: TimedRebuildingModel<Row>;
  readonly #deadline: Deadline;
  readonly #keeps: Store['keeps'];
  /** What was changed since rows were written last. */
  readonly #held: KnownRows<Row> = new Map();
  /** How far the rows are that were written. */
  #written: Position | undefined;
  #reached: Position | undefined;
  /** How far the streams go that were read one after another: every step stands on that event, too. */
  #readUpTo: Position = START;

  constructor(projection: Projection<Event, Row>, { copy, deadline, keeps }: RebuildParts<Row>) {
    this.#projection = projection;
    this.#deadline = deadline;
    this.#copy = copy;
    this.#keeps = keeps;
  }

  /** All events up to here are reduced. */
  get reached(): Position {
    return this.#reached ?? START;
  }

  /**
   * Reduces all events from where it is up to the end there is when it gets there: first one stream after another, where store and
   * projection allow it, so that each row is written once and none is held for long, however many there are.
   *
   * @throws ProjectionStopped before an event that can't be reduced.
   */
  async readOn(store: TimedEventStore, options: Omit<ReadAllOptions, 'after'>): Promise<void> {
    if (this.#reached === undefined && this.#projection.key === undefined) {
      await this.#readStreams(store, options);
    }
    const from = this.#reached === undefined ? {} : { after: this.#reached };
    for await (const page of store.readAll({ ...options, ...from }, this.#deadline)) await this.#take(page);
  }

  async #readStreams(store: TimedEventStore, options: Omit<ReadAllOptions, 'after'>): Promise<void> {
    if (!store.hasStreams) return;
    const upTo = await store.head(this.#deadline);
    this.#readUpTo = upTo;
    for await (const events of store.readStreams({ ...options, upTo }, this.#deadline)) {
      this.#reduce(events, NOTHING);
      // The next page may go on with the last one.
      if (this.#held.size > SLICE) await this.#write(this.#sorted({ but: events.at(-1)?.streamId }));
    }
    this.#reached = upTo;
  }

  async #take(events: readonly RecordedEvent[]): Promise<void> {
    const before = await this.#before(unknownKeys(this.#projection, events, this.#held));
    this.#reached = this.#reduce(events, before) ?? this.#reached;
    if (this.#held.size > HELD_ROWS) await this.#write(this.#sorted());
  }

  #reduce(events: readonly RecordedEvent[], before: ReadonlyMap<string, Row>): Position | undefined {
    const lookUp = (key: string): Row | undefined => (this.#held.has(key) ? this.#held.get(key) : before.get(key));
    const { rows, position, stopped } = reducePage(this.#projection, events, lookUp);
    if (stopped !== undefined) throw stopped;
    for (const [key, row] of rows) this.#held.set(key, row);
    return position;
  }

  /**
   * Takes the live rows' place, at `checkpoint` or further. `lost`: the checkpoint of live rows that are of a lost history.
   *
   * @throws CheckpointConflict when the live rows are further still, PositionUnknown when the log was replaced meanwhile.
   */
  async finish({ checkpoint, lost }: { readonly checkpoint: Position; readonly lost?: Position }): Promise<void> {
    await this.#write(this.#sorted().slice(0, -SLICE));
    const step = { ...this.#step(checkpoint), ...(lost !== undefined && { lost }) };
    await this.#copy.switchOver({ ...step, rows: this.#held }, this.#deadline);
  }

  /** Nothing is there to be looked up before anything was written. */
  async #before(keys: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    return this.#written === undefined || keys.length === 0
      ? NOTHING
      : (await this.#copy.read(keys, this.#deadline)).rows;
  }

  /** Neighbours are kept beside each other: in the order they come, each slice would write to all pages of a store. */
  #sorted({ but }: { readonly but?: string | undefined } = {}): readonly (readonly [string, Row | undefined])[] {
    return [...this.#held].filter(([key]) => key !== but).sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** In slices: no reader sees the copy before it is whole. */
  async #write(rows: readonly (readonly [string, Row | undefined])[]): Promise<void> {
    const checkpoint = this.#reached ?? START;
    for (let from = 0; from < rows.length; from += SLICE) {
      const slice = rows.slice(from, from + SLICE);
      await this.#copy.commit({ ...this.#step(checkpoint), rows: new Map(slice) }, this.#deadline);
      this.#written = checkpoint;
      for (const [key] of slice) this.#held.delete(key);
      await yieldToLoop();
    }
  }

  #step(checkpoint: Position): Omit<ReadModelChange<Row>, 'rows'> {
    const expected = this.#written;
    const standsOn = [expected ?? START, this.#readUpTo, checkpoint];
    return { expected, checkpoint, ...(this.#keeps === 'inline' && { standsOn }) };
  }
}
