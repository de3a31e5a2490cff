import type { EventShape, RecordedEvent } from '../streams/event.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { yieldToLoop } from '../yield-to-loop.js';
import type { Projection } from './projection.js';
import type { RebuildingModel } from './read-model-store.js';
import { decodePage, foldPage, missingKeys, rowsOf, type PageSlot, type PageSlots } from './reduce-page.js';

/** Rows kept in memory before they are written, so that a rebuild needs no more of it the longer the log is. */
const HELD_ROWS = 20_000;
/** Rows written in one transaction, so that nobody else in the process waits longer than some milliseconds. */
const SLICE = 200;

/**
 * Fills a copy of a read model that nobody sees yet. Rows are written when there are many of them or at the end, not
 * after each page: a rebuild that is broken off is begun again anyway.
 */
export class Rebuild<Event extends EventShape, Row> {
  readonly #projection: Projection<Event, Row>;
  readonly #copy: RebuildingModel<Row>;
  readonly #known: PageSlots<Row> = new Map();
  /** What was changed since rows were written last. */
  #held: PageSlot<Row>[] = [];
  #token = Symbol('rows');
  /** How far the rows are that were written. */
  #written: Position | undefined;
  #reached: Position | undefined;

  constructor(projection: Projection<Event, Row>, copy: RebuildingModel<Row>) {
    this.#projection = projection;
    this.#copy = copy;
  }

  /** The last event that was reduced. */
  get reached(): Position | undefined {
    return this.#reached;
  }

  /** Reduces a page. @throws ProjectionStopped before an event that can't be reduced. */
  async take(events: readonly RecordedEvent[]): Promise<void> {
    const page = decodePage(this.#projection, events, this.#known);
    const before = await this.#before(missingKeys(page));
    const { changed, position, stopped } = foldPage(this.#projection, page, { before, token: this.#token });
    if (stopped !== undefined) throw stopped;
    for (const slot of changed) this.#held.push(slot);
    this.#reached = position ?? this.#reached;
    if (this.#held.length > HELD_ROWS) await this.#writeAllBut(0);
  }

  /** Takes the live rows' place, at `head` or further. @throws CheckpointConflict when those are further still. */
  async finish(head: Position): Promise<Position> {
    await this.#writeAllBut(SLICE);
    const checkpoint = laterPosition(this.#reached ?? START, head);
    await this.#copy.switchOver({ expected: this.#written, checkpoint, rows: rowsOf(this.#held) });
    return checkpoint;
  }

  /** Nothing is there to be looked up before anything was written. */
  async #before(keys: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    return this.#written === undefined || keys.length === 0 ? new Map() : (await this.#copy.read(keys)).rows;
  }

  /** In slices: no reader sees the copy before it is whole. */
  async #writeAllBut(rest: number): Promise<void> {
    const checkpoint = this.#reached ?? START;
    // Neighbours are kept beside each other: in the order they come, each slice would write to all pages of a store.
    this.#held.sort(({ key: one }, { key: other }) => (one < other ? -1 : 1));
    while (this.#held.length > rest) {
      const rows = rowsOf(this.#held.splice(0, SLICE));
      await this.#copy.commit({ expected: this.#written, checkpoint, rows });
      this.#written = checkpoint;
      await yieldToLoop();
    }
    // What changes from now on is to be written again.
    this.#token = Symbol('rows');
    if (rest === 0) this.#known.clear();
  }
}
