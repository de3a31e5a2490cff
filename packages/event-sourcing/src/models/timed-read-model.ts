import type { Deadline } from '../values/deadline.js';
import type { Position } from '../values/position.js';
import type {
  CaughtUp,
  LastStep,
  ReadModel,
  ReadModelChange,
  RebuildingModel,
  RowCount,
  RowQuery,
  RowsAt,
} from './read-model-store.js';
import type { KeyedRow } from './projection.js';

/** A read model as the kernel calls it. Every call requires a deadline, and none outlasts it. */
export class TimedReadModel<Row, Model extends ReadModel<Row> = ReadModel<Row>> {
  protected readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }

  /** As {@link ReadModel.read}. @throws DeadlineExceeded */
  read(keys: readonly string[], deadline: Deadline): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    return deadline.wait(this.model.read(keys, deadline));
  }

  /** As {@link ReadModel.query}. @throws DeadlineExceeded */
  query(query: RowQuery, deadline: Deadline): Promise<RowsAt<readonly KeyedRow<Row>[]>> {
    return deadline.wait(this.model.query(query, deadline));
  }

  /** As {@link ReadModel.keys}. @throws DeadlineExceeded */
  keys(query: RowQuery, deadline: Deadline): Promise<RowsAt<readonly string[]>> {
    return deadline.wait(this.model.keys(query, deadline));
  }

  /** As {@link ReadModel.count}. @throws DeadlineExceeded */
  count(query: RowCount, deadline: Deadline): Promise<RowsAt<number>> {
    return deadline.wait(this.model.count(query, deadline));
  }

  /** As {@link ReadModel.checkpoint}. @throws DeadlineExceeded */
  checkpoint(deadline: Deadline): Promise<Position | undefined> {
    return deadline.wait(this.model.checkpoint(deadline));
  }

  /**
   * As {@link ReadModel.commit}. A commit that is given up may still take effect; it compares the checkpoint.
   *
   * @throws DeadlineExceeded
   */
  commit(change: ReadModelChange<Row>, deadline: Deadline): Promise<void> {
    return deadline.wait(this.model.commit(change, deadline));
  }

  /** As {@link ReadModel.catchUp}. @throws DeadlineExceeded */
  async catchUp(atMost: number, deadline: Deadline): Promise<CaughtUp> {
    return deadline.wait(demandStep(this.model.catchUp?.(atMost, deadline)));
  }

  /** As {@link ReadModel.changed}. */
  changed(signal: AbortSignal): Promise<void> {
    return this.model.changed(signal);
  }

  /** As {@link ReadModel.beginRebuild}. @throws DeadlineExceeded */
  async beginRebuild(deadline: Deadline): Promise<TimedRebuildingModel<Row>> {
    return new TimedRebuildingModel(await deadline.wait(this.model.beginRebuild(deadline)));
  }
}

/** The shadow read model of a rebuild, likewise. */
export class TimedRebuildingModel<Row> extends TimedReadModel<Row, RebuildingModel<Row>> {
  /** As {@link RebuildingModel.promote}. A call that is given up may still take effect. @throws DeadlineExceeded */
  promote(change: ReadModelChange<Row>, deadline: Deadline): Promise<void> {
    return deadline.wait(this.model.promote(change, deadline));
  }

  /** As {@link RebuildingModel.promoteAtHead}. @throws DeadlineExceeded */
  async promoteAtHead(step: LastStep, deadline: Deadline): Promise<CaughtUp> {
    return deadline.wait(demandStep(this.model.promoteAtHead?.(step, deadline)));
  }
}

function demandStep(step: Promise<CaughtUp> | undefined): Promise<CaughtUp> {
  if (step !== undefined) return step;
  throw new TypeError('the read models of a store whose appends update them must be able to catch up');
}
