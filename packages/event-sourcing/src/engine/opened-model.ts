import { filterPredicate, type EventPredicate } from '../streams/event-filter.js';
import { modelName, rowKey, type AnyProjection } from '../projections/projection.js';
import type { StreamId } from '../streams/stream-id.js';

/** An opened read model: from then on every append through this store updates it. */
export interface OpenedModel {
  readonly name: string;
  readonly projection: AnyProjection;
  readonly isWanted: EventPredicate;
}

/** Opens a projection's read model for appends. */
export function openedModel(projection: AnyProjection): OpenedModel {
  return { name: modelName(projection), projection, isWanted: filterPredicate(projection.filter) };
}

/**
 * The key of the row that a stream's events change. `undefined` when the projection does not want them, and when its
 * `key` throws: then the plan refuses the appends to that stream, and no other append of the group.
 */
export function changedKey({ projection, isWanted }: OpenedModel, streamId: StreamId): string | undefined {
  try {
    return isWanted({ streamId }) ? rowKey(projection, streamId) : undefined;
  } catch {
    return undefined;
  }
}
