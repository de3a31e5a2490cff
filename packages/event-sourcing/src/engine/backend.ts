import type { WaitOptions } from '../deadline.js';
import type { KeyedRow, RowCount, RowQuery } from '../projections/read-model-store.js';
import type { Position } from '../streams/position.js';
import type { LogBackend } from './log-backend.js';
import type { ModelId, ModelTarget } from './view.js';

/** The rows or keys of an index query, with checkpoint and head of the same snapshot. */
export interface FoundRows {
  readonly head: Position;
  readonly checkpoint: Position | undefined;
  /** In key order, as stored; `undefined` when only keys were asked for. */
  readonly rows: readonly KeyedRow<unknown>[];
}

/** Whether an index query returns rows or only their keys. */
export interface WantedRows extends RowQuery {
  readonly wanted: 'rows' | 'keys';
}

/** The number of rows an index has under a value, with checkpoint and head of the same snapshot. */
export interface CountedRows extends Pick<FoundRows, 'checkpoint' | 'head'> {
  readonly count: number;
}

/** What a store is to the engine that keeps read models beside its log, in the transaction of each append. */
export interface Backend extends LogBackend {
  /** Whether no writer has written since this token; absent where that can't be told without a query. */
  isCurrent?(token: unknown): boolean;
  /** @throws RangeError when the limit is out of range. */
  query(target: ModelTarget, query: WantedRows, wait?: WaitOptions): Promise<FoundRows>;
  /** Counts the rows an index has under a value. */
  count(target: ModelTarget, query: RowCount, wait?: WaitOptions): Promise<CountedRows>;
  /** Creates the live read model of this name if it is missing. */
  openModel(name: string, wait?: WaitOptions): Promise<void>;
  /** Creates an empty shadow of a read model and discards an earlier one. */
  beginShadow(name: string, wait?: WaitOptions): Promise<ModelId>;
}
