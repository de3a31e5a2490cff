import {
  decodePage,
  filterPredicate,
  missingKeys,
  position,
  reducePage,
  START,
  type AnyProjection,
  type Position,
  type ProjectionStopped,
  type RecordedEvent,
  type ReducedPage,
} from '@login-policy/event-sourcing';
import type { LogReader } from './log-reader.js';
import type { EncodedRow, ModelTables, ModelRows } from './model-tables.js';

const CATCH_UP_PAGE = 500;

/** How far a step towards the head came, and why it came no further. */
export interface CatchUpStep {
  readonly isHead: boolean;
  readonly stopped: ProjectionStopped | undefined;
}

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

  /** Brings every model one page nearer to the head, for a file that is being opened. */
  catchUpStep(): CatchUpStep {
    const steps = this.#models.map((model) => model.step());
    const stopped = steps.find((step) => step.stopped !== undefined)?.stopped;
    return { isHead: steps.every(({ isHead }) => isHead), stopped };
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

  /** @throws ProjectionStopped when it can't get to the head. */
  catchUp(head: Position): void {
    while ((this.#rows.checkpoint() ?? START) < head) {
      const { isHead, stopped } = this.step();
      if (stopped !== undefined) throw stopped;
      if (isHead) return;
    }
  }

  /** Reduces the next page, or as much of it as can be reduced. */
  step(): CatchUpStep {
    const { filter, origin } = this.#projection;
    const ahead = this.#log.readAhead({
      after: this.#rows.checkpoint() ?? START,
      filter,
      pageSize: CATCH_UP_PAGE,
      ...(origin !== undefined && { origin: 'left-out' }),
    });
    const { encoded, position: last, stopped } = this.#reduce(ahead.events);
    this.#rows.write(encoded());
    if (stopped === undefined) this.moveTo(ahead.considered);
    else if (last !== undefined) this.moveTo(last);
    return { isHead: ahead.isHead, stopped };
  }

  /** Reduces and encodes, which may throw; the write it answers with can only fail as the database does. */
  prepare(events: readonly RecordedEvent[]): () => void {
    const reduced = this.#reduce(events.filter(this.#isWanted));
    if (reduced.stopped !== undefined) throw reduced.stopped;
    const encoded = reduced.encoded();
    return () => this.#rows.write(encoded);
  }

  #reduce(events: readonly RecordedEvent[]): ReducedPage<unknown> & { encoded: () => readonly EncodedRow[] } {
    const page = decodePage(this.#projection, events);
    const before = this.#rows.existing(missingKeys(page));
    const reduced = reducePage(this.#projection, page, before);
    return { ...reduced, encoded: () => this.#rows.encode(reduced.rows, before) };
  }

  moveTo(checkpoint: Position): void {
    this.#rows.moveTo(checkpoint);
  }
}
