import { START, type Position, type Projection, type RecordedEvent } from '@login-policy/event-sourcing';
import {
  filterPredicate,
  modelName,
  MOST_BEHIND,
  reducePage,
  type EventPredicate,
  type EventShape,
  type ReducedPage,
  placeIn,
} from '@login-policy/event-sourcing/store';
import type { LogReader } from './reads.js';
import type { EncodedRow, ModelRows } from './model-tables.js';

/** What an append needs of a read model that it keeps. */
interface Kept {
  /** Whether the rows are at the head now, having been brought there if they were near enough. */
  catchUp(head: Position): boolean;
  prepare(events: readonly RecordedEvent[]): () => void;
  moveTo(checkpoint: Position): void;
}

/** The read models that change inside the appends: each that was opened. All of it happens in a transaction that is open. */
export class InlineModels {
  readonly #models = new Map<string, Kept>();
  /** Those of the transaction that is open: their rows were at the head when it began. */
  #atHead: readonly Kept[] = [];

  /** From now on appends keep these rows, too. */
  keep<Event extends EventShape, Row>(projection: Projection<Event, Row>, rows: ModelRows<Row>, log: LogReader): void {
    const name = modelName(projection);
    if (!this.#models.has(name)) this.#models.set(name, new InlineModel(projection, rows, log));
  }

  /** Other processes may have written without some of them: those that are too far behind are left out. */
  begin(head: Position): void {
    this.#atHead = [...this.#models.values()].filter((model) => model.catchUp(head));
  }

  /** Reduces the events of an append, which may throw, and answers with the write of the rows. */
  prepare(events: readonly RecordedEvent[]): () => void {
    const writes = this.#atHead.map((model) => model.prepare(events));
    return () => {
      for (const write of writes) write();
    };
  }

  /** Moves every checkpoint to the head. */
  end(head: Position): void {
    for (const model of this.#atHead) model.moveTo(head);
  }
}

/** One read model, brought to the head and kept there. */
export class InlineModel<Event extends EventShape, Row> {
  readonly #projection: Projection<Event, Row>;
  readonly #rows: ModelRows<Row>;
  readonly #log: LogReader;
  readonly #isWanted: EventPredicate;

  constructor(projection: Projection<Event, Row>, rows: ModelRows<Row>, log: LogReader) {
    this.#projection = projection;
    this.#rows = rows;
    this.#log = log;
    this.#isWanted = filterPredicate(projection.filter);
  }

  /**
   * Brings the rows to the head, if they are at most {@link MOST_BEHIND} events behind and all of those can be reduced. Else they
   * stay as they are, and the answer is no.
   */
  catchUp(head: Position): boolean {
    const reached = this.#rows.checkpoint() ?? START;
    if (reached >= head) return true;
    if (placeIn(head) - placeIn(reached) > MOST_BEHIND) return false;
    const { filter } = this.#projection;
    const { events, considered } = this.#log.readAhead({ after: reached, filter, pageSize: MOST_BEHIND });
    const { encoded, stopped } = this.#reduce(events);
    // A page ends before an event that can't be read: what is behind it was not looked at.
    if (stopped !== undefined || considered < head) return false;
    this.#rows.write(encoded());
    this.moveTo(head);
    return true;
  }

  /** Reduces and encodes, which may throw; the write it answers with can only fail as the database does. */
  prepare(events: readonly RecordedEvent[]): () => void {
    const reduced = this.#reduce(events.filter(this.#isWanted));
    if (reduced.stopped !== undefined) throw reduced.stopped;
    const encoded = reduced.encoded();
    return () => this.#rows.write(encoded);
  }

  moveTo(checkpoint: Position): void {
    this.#rows.moveTo(checkpoint);
  }

  #reduce(events: readonly RecordedEvent[]): ReducedPage<Row> & { encoded: () => readonly EncodedRow<Row>[] } {
    const before = (key: string): Row | undefined => this.#rows.get(key);
    const reduced = reducePage(this.#projection, events, before);
    return { ...reduced, encoded: () => this.#rows.encode(reduced.rows, before) };
  }
}
