import {
  decodePage,
  filterPredicate,
  missingKeys,
  position,
  reducePage,
  START,
  type AnyProjection,
  type Position,
  type RecordedEvent,
} from '@login-policy/event-sourcing';
import type { LogReader } from './log-reader.js';
import type { ModelTables, ModelRows } from './model-tables.js';

const CATCH_UP_PAGE = 2000;

/** The read models that change inside the appends. All of it happens in a transaction that is open. */
export class InlineModels {
  readonly #models: readonly InlineModel[];

  constructor(projections: readonly AnyProjection[], tables: ModelTables, log: LogReader) {
    this.#models = projections.map((projection) => new InlineModel(projection, tables.rowsOf(projection), log));
  }

  /**
   * Brings every model to the head first: another process may have written without it.
   *
   * @throws ProjectionStopped when one can't reduce what is there.
   */
  begin(head: number): void {
    for (const model of this.#models) model.catchUp(position(head));
  }

  /**
   * Brings every model one page nearer to the head, for a file that is being opened. Says whether all are there.
   *
   * @throws ProjectionStopped when one can't reduce what is there.
   */
  catchUpStep(): boolean {
    return this.#models.map((model) => model.step()).every((isHead) => isHead);
  }

  /** Reduces the events of an append, which may throw, and answers with the write of the rows. */
  prepare(events: readonly RecordedEvent[]): () => void {
    const writes = this.#models.map((model) => model.prepare(events));
    return () => {
      for (const write of writes) write();
    };
  }

  /** Moves every checkpoint to the head. */
  end(head: number): void {
    for (const model of this.#models) model.moveTo(position(head));
  }
}

class InlineModel {
  readonly #projection: AnyProjection;
  readonly #rows: ModelRows<unknown>;
  readonly #log: LogReader;
  readonly #isWanted: (event: RecordedEvent) => boolean;

  constructor(projection: AnyProjection, rows: ModelRows<unknown>, log: LogReader) {
    this.#projection = projection;
    this.#rows = rows;
    this.#log = log;
    this.#isWanted = filterPredicate(projection.filter);
  }

  catchUp(head: Position): void {
    while ((this.#rows.checkpoint() ?? START) < head && !this.step());
  }

  /** Reduces the next page. Says whether that was the last one. */
  step(): boolean {
    const { filter } = this.#projection;
    const ahead = this.#log.readAhead({ after: this.#rows.checkpoint() ?? START, filter, pageSize: CATCH_UP_PAGE });
    this.prepare(ahead.events)();
    this.moveTo(ahead.considered);
    return ahead.isHead;
  }

  prepare(events: readonly RecordedEvent[]): () => void {
    const page = decodePage(this.#projection, events.filter(this.#isWanted));
    const { rows, stopped } = reducePage(this.#projection, page, this.#rows.existing(missingKeys(page)));
    if (stopped !== undefined) throw stopped;
    return () => this.#rows.put(rows);
  }

  moveTo(checkpoint: Position): void {
    this.#rows.moveTo(checkpoint);
  }
}
