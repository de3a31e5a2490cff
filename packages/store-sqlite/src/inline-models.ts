import { START, type Position, type Projection, type RecordedEvent } from '@login-policy/event-sourcing';
import {
  filterPredicate,
  modelName,
  MOST_BEHIND,
  reducePage,
  type EncodedRow,
  type EventPredicate,
  type EventShape,
  type ReducedPage,
  placeIn,
} from '@login-policy/event-sourcing/store';
import type { LogReader } from './reads.js';
import { isKept, type ModelRows, type ModelTables } from './model-tables.js';

/** What an append needs of a read model that it keeps. */
interface Kept {
  /** The number of the rows if they are at the head now, having been brought there if they were near enough. */
  catchUp(head: Position): number | undefined;
  prepare(events: readonly RecordedEvent[], model: number): () => void;
}

interface AtHead {
  readonly rows: Kept;
  readonly model: number;
}

/** The read models that change inside the appends: each that was opened. All of it happens in a transaction that is open. */
export class InlineModels {
  readonly #models = new Map<string, Kept>();
  readonly #tables: ModelTables;
  /** Those of the transaction that is open: their rows were at the head when it began. */
  #atHead: readonly AtHead[] = [];
  #keptBefore: string | null = null;
  /** What each event of the transaction says of them: their numbers, a space between two. */
  kept: string | null = null;

  constructor(tables: ModelTables) {
    this.#tables = tables;
  }

  /** From now on appends keep these rows, too. */
  keep<Event extends EventShape, Row>(projection: Projection<Event, Row>, rows: ModelRows<Row>, log: LogReader): void {
    this.#models.set(modelName(projection), new InlineModel(projection, rows, log));
  }

  /** Other processes may have written without some of them: those that are too far behind are left out. `kept`: by the last event. */
  begin(head: Position, kept: string | null): void {
    const atHead: AtHead[] = [];
    for (const rows of this.#models.values()) {
      const model = rows.catchUp(head);
      if (model !== undefined) atHead.push({ rows, model });
    }
    this.#atHead = atHead;
    this.#keptBefore = kept;
    this.kept = atHead.length === 0 ? null : atHead.map(({ model }) => model).join(' ');
  }

  /** Reduces the events of an append, which may throw, and answers with the write of the rows. */
  prepare(events: readonly RecordedEvent[]): () => void {
    const writes = this.#atHead.map(({ rows, model }) => rows.prepare(events, model));
    return () => {
      for (const write of writes) write();
    };
  }

  /** To be called when there are new events: those that were kept before, and are not by these, stay where the last one before is. */
  leaveOthers(before: Position): void {
    const models = this.#keptBefore?.split(' ').map(Number) ?? [];
    for (const model of models) if (!isKept(model, this.kept)) this.#tables.moveTo(model, before);
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
   * Brings the rows to the head, if they are at most {@link MOST_BEHIND} events behind and all of those can be reduced. Else, and when
   * their checkpoint is not an event of the log, they stay as they are, and nothing is answered.
   */
  catchUp(head: Position): number | undefined {
    const { model, checkpoint: reached = START } = this.#rows.place() ?? {};
    if (model === undefined || reached === head) return model;
    if (placeIn(reached) >= placeIn(head)) return undefined;
    if (placeIn(head) - placeIn(reached) > MOST_BEHIND) return undefined;
    const rows = this.#reduceBetween(reached, head);
    if (rows === undefined) return undefined;
    this.#rows.bring(model, rows, head);
    return model;
  }

  /**
   * `undefined` when an event or a row can't be read, reduced or written: who follows the read model is told. Where SQLite has ended the
   * transaction, each statement after this says so.
   */
  #reduceBetween(after: Position, head: Position): readonly EncodedRow<Row>[] | undefined {
    const { filter } = this.#projection;
    try {
      const { events, considered } = this.#log.readAhead({ after, filter, pageSize: MOST_BEHIND });
      const { encoded, stopped } = this.#reduce(events);
      // A page ends before an event that can't be read: what is behind it was not looked at.
      return stopped !== undefined || considered < head ? undefined : encoded();
    } catch {
      return undefined;
    }
  }

  /** Reduces and encodes, which may throw; the write it answers with can only fail as the database does. */
  prepare(events: readonly RecordedEvent[], model: number): () => void {
    const reduced = this.#reduce(events.filter(this.#isWanted));
    if (reduced.stopped !== undefined) throw reduced.stopped;
    const encoded = reduced.encoded();
    return () => this.#rows.write(model, encoded);
  }

  #reduce(events: readonly RecordedEvent[]): ReducedPage<Row> & { encoded: () => readonly EncodedRow<Row>[] } {
    const before = (key: string): Row | undefined => this.#rows.get(key);
    const reduced = reducePage(this.#projection, events, before);
    return { ...reduced, encoded: () => this.#rows.encode(reduced.rows, before) };
  }
}
