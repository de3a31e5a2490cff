import type { EventStore, ReadAllOptions } from '../streams/event-store.js';
import type { EventShape, RecordedEvent } from '../streams/event.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { yieldToLoop } from '../yield-to-loop.js';
import type { Projection } from './projection.js';
import type { RebuildingModel } from './read-model-store.js';
import {
  decodePage,
  foldPage,
  missingKeys,
  rowsOf,
  type FoldedPage,
  type PageSlot,
  type PageSlots,
} from './reduce-page.js';

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

  /**
   * Reduces all events from where it is up to the end there is when it gets there: first one stream after another, where store and
   * projection allow it, so that each row is written once and none is held for long, however many there are.
   *
   * @throws ProjectionStopped before an event that can't be reduced.
   */
  async readOn(store: EventStore, options: Omit<ReadAllOptions, 'after'>): Promise<void> {
    if (this.#reached === undefined && this.#projection.isOneRowAStream === true) {
      await this.#readStreams(store, options);
    }
    const from = this.#reached === undefined ? {} : { after: this.#reached };
    for await (const page of store.readAll({ ...options, ...from })) await this.#take(page);
  }

  async #readStreams(store: EventStore, options: Omit<ReadAllOptions, 'after'>): Promise<void> {
    if (store.readStreams === undefined) return;
    const upTo = await store.head();
    for await (const events of store.readStreams({ ...options, upTo })) {
      const page = decodePage(this.#projection, events, this.#known);
      this.#hold(foldPage(this.#projection, page, { before: new Map<string, Row>(), token: this.#token }));
      if (this.#held.length > SLICE) await this.#writeAllBut(0);
      // What is held stays known, and so does the last one, which the next page may go on with.
      const open = page.slots.at(-1);
      if (open !== undefined) this.#known.set(open.key, open);
    }
    if (options.signal?.aborted !== true) this.#reached = upTo;
  }

  async #take(events: readonly RecordedEvent[]): Promise<void> {
    const page = decodePage(this.#projection, events, this.#known);
    const before = await this.#before(missingKeys(page));
    const folded = foldPage(this.#projection, page, { before, token: this.#token });
    this.#hold(folded);
    this.#reached = folded.position ?? this.#reached;
    if (this.#held.length > HELD_ROWS) await this.#writeAllBut(0);
  }

  #hold({ changed, stopped }: FoldedPage<Row>): void {
    if (stopped !== undefined) throw stopped;
    for (const slot of changed) this.#held.push(slot);
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
