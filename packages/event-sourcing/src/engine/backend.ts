import type { WaitOptions } from '../values/deadline.js';
import type { KeyedRow } from '../models/projection.js';
import type { RowQuery } from '../models/read-model-store.js';
import type { WantedCount } from '../models/row-query.js';
import type { Position } from '../values/position.js';
import type { LogBackend } from './log-backend.js';
import type { ModelId, ModelTarget } from './plan.js';

/** What an index query found, with checkpoint and head of the same snapshot. */
export interface FoundRows {
  readonly head: Position;
  readonly checkpoint: Position | undefined;
  /** In key order, as stored. When only keys were asked for, each row is `undefined`; for a count, there are none. */
  readonly rows: readonly KeyedRow<unknown>[];
  /** The number of rows, when that was asked for. */
  readonly count?: number;
}

/**
 * An index query, and what it returns: rows, only their keys, or only their number, counted up to the limit; or the
 * number of all rows of the model.
 */
export type WantedRows = (RowQuery & { readonly wanted: 'rows' | 'keys'; readonly limit: number }) | WantedCount;

/** What a store is to the engine that keeps read models beside its log, in the transaction of each append. */
export interface Backend extends LogBackend {
  /** Whether no writer has written since this token; absent where that can't be told without a query. */
  isCurrent?(token: unknown): boolean;
  /** Finds or counts the rows an index has under a value, or counts all rows. */
  query(target: ModelTarget, query: WantedRows, wait?: WaitOptions): Promise<FoundRows>;
  /** Creates the live read model of this name if it is missing. */
  openModel(name: string, wait?: WaitOptions): Promise<void>;
  /** Creates an empty shadow of a read model and discards an earlier one. */
  beginShadow(name: string, wait?: WaitOptions): Promise<ModelId>;
}
