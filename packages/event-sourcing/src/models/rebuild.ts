import type { Deadline } from '../values/deadline.js';
import type { ReadAllOptions } from '../streams/event-store.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { START, type Position } from '../values/position.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import type { Store } from './store.js';
import { yieldToLoop } from '../values/yield-to-loop.js';
import type { Projection } from './projection.js';
import { stepToHead } from './steps.js';
import { reducePage, unknownKeys, type KnownRows } from './reduce-page.js';
import type { ReadModelChange } from './read-model-store.js';
import type { TimedRebuildingModel } from './timed-read-model.js';

/** The most rows held in memory before they are written, so that a rebuild's memory does not grow with the log. */
const MOST_HELD_ROWS = 20_000;
/** The rows written in one transaction, so that other work in the process waits only milliseconds. */
const ROWS_PER_WRITE = 200;

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

/** The parts of a rebuild. */
export interface RebuildParts<Event extends EventShape, Row> {
  readonly projection: Projection<Event, Row>;
  readonly shadow: TimedRebuildingModel<Row>;
  readonly deadline: Deadline;
  readonly readModelUpdates: Store['readModelUpdates'];
}

/**
 * Fills a shadow read model. It writes when many rows are held and at the end, not after each page: an interrupted
 * rebuild starts over anyway.
 */
export class Rebuild<Event extends EventShape, Row> {
  readonly #parts: RebuildParts<Event, Row>;
  /** The rows changed since the last write. */
  readonly #held: KnownRows<Row> = new Map();
  /** The checkpoint of the written rows. */
  #written: Position | undefined;
  #reached: Position | undefined;
  /** The end of the streams that were read one after another. Every step is also based on that event. */
  #readUpTo: Position = START;

  constructor(parts: RebuildParts<Event, Row>) {
    this.#parts = parts;
  }

  /** All events up to here are reduced. */
  get reached(): Position {
    return this.#reached ?? START;
  }

  /**
   * Reduces all events from the current position up to the head at that time. Where store and projection allow it, it
   * first reads one stream after another: each row is then written once and held only briefly. Rows `rebuild-*` by
   * processor: 1.4 to 1.9 times as fast on SQLite, 2.2 to 3.9 on PostgreSQL, 6.6 in memory.
   *
   * @throws ProjectionStopped before an event that can't be reduced.
   */
  async readOn(store: TimedEventStore, options: Omit<ReadAllOptions, 'after'>): Promise<void> {
    if (this.#reached === undefined && this.#parts.projection.key === undefined) {
      await this.#readStreams(store, options);
    }
    const from = this.#reached === undefined ? {} : { after: this.#reached };
    for await (const page of store.readAll({ ...options, ...from }, this.#parts.deadline)) await this.#addPage(page);
  }

  async #readStreams(store: TimedEventStore, options: Omit<ReadAllOptions, 'after'>): Promise<void> {
    const upTo = await store.head(this.#parts.deadline);
    const pages = store.readStreams({ ...options, upTo }, this.#parts.deadline);
    if (pages === undefined) return;
    this.#readUpTo = upTo;
    for await (const events of pages) {
      this.#reduce(events, NOTHING);
      // The last stream may continue on the next page.
      if (this.#held.size > ROWS_PER_WRITE) await this.#write(this.#sorted({ but: events.at(-1)?.streamId }));
    }
    this.#reached = upTo;
  }

  async #addPage(events: readonly RecordedEvent[]): Promise<void> {
    const before = await this.#storedRows(unknownKeys(this.#parts.projection, events, this.#held));
    this.#reached = this.#reduce(events, before) ?? this.#reached;
    if (this.#held.size > MOST_HELD_ROWS) await this.#write(this.#sorted());
  }

  #reduce(events: readonly RecordedEvent[], before: ReadonlyMap<string, Row>): Position | undefined {
    const lookUp = (key: string): Row | undefined => (this.#held.has(key) ? this.#held.get(key) : before.get(key));
    const { rows, position, stopped } = reducePage(this.#parts.projection, events, lookUp);
    if (stopped !== undefined) throw stopped;
    for (const [key, kept] of rows) this.#held.set(key, kept?.row);
    return position;
  }

  /**
   * Promotes the shadow at `checkpoint` or later. `lost` is the checkpoint of live rows that belong to a lost history.
   *
   * @throws CheckpointConflict when the live rows are ahead even so.
   * @throws PositionUnknown when the log was replaced meanwhile.
   */
  async finish({
    checkpoint,
    lostCheckpoint,
  }: {
    readonly checkpoint: Position;
    readonly lostCheckpoint?: Position;
  }): Promise<void> {
    await this.#write(this.#sorted().slice(0, -ROWS_PER_WRITE));
    const step = { ...this.#step(checkpoint), ...(lostCheckpoint !== undefined && { lostCheckpoint }) };
    await this.#parts.shadow.promote({ ...step, rows: this.#held }, this.#parts.deadline);
  }

  /**
   * Promotes the shadow at the head of a log that is in the same store.
   *
   * @throws PositionUnknown when the log was replaced meanwhile.
   */
  async finishAtHead(): Promise<Position> {
    const { deadline, shadow } = this.#parts;
    await this.#write(this.#sorted().slice(0, -ROWS_PER_WRITE));
    const checkpoint = this.#reached ?? START;
    await shadow.commit({ ...this.#step(checkpoint), rows: this.#held }, deadline);
    let expected = checkpoint;
    return stepToHead(async (atMost) => {
      const step = await shadow.promoteAtHead({ atMost, expected, basedOn: [this.#readUpTo] }, deadline);
      expected = step.checkpoint;
      return step;
    });
  }

  /** Looks up nothing before the first write, because the shadow is empty. */
  async #storedRows(keys: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    return this.#written === undefined || keys.length === 0
      ? NOTHING
      : (await this.#parts.shadow.read(keys, this.#parts.deadline)).rows;
  }

  /** Sorted by key: in order of arrival, each slice would touch pages all over the store. */
  #sorted({ but }: { readonly but?: string | undefined } = {}): readonly (readonly [string, Row | undefined])[] {
    return [...this.#held].filter(([key]) => key !== but).sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** Writes in slices. No reader sees the shadow before it is complete. */
  async #write(rows: readonly (readonly [string, Row | undefined])[]): Promise<void> {
    const checkpoint = this.#reached ?? START;
    for (let from = 0; from < rows.length; from += ROWS_PER_WRITE) {
      const slice = rows.slice(from, from + ROWS_PER_WRITE);
      await this.#parts.shadow.commit({ ...this.#step(checkpoint), rows: new Map(slice) }, this.#parts.deadline);
      this.#written = checkpoint;
      for (const [key] of slice) this.#held.delete(key);
      await yieldToLoop();
    }
  }

  #step(checkpoint: Position): Omit<ReadModelChange<Row>, 'rows'> {
    const expected = this.#written;
    const basedOn = [expected ?? START, this.#readUpTo, checkpoint];
    return { expected, checkpoint, ...(this.#parts.readModelUpdates === 'inline' && { basedOn }) };
  }
}
