import { filterPredicate, type EventPredicate } from '../streams/event-filter.js';
import { modelName, rowKey, type AnyProjection } from '../projections/projection.js';
import type { StreamId } from '../streams/stream-id.js';

/** A read model that was opened: every append of this opening of the store keeps its rows from then on. */
export interface OpenedModel {
  readonly name: string;
  readonly projection: AnyProjection;
  readonly isWanted: EventPredicate;
}

/** Opens a projection's read model for appends. */
export function openedModel(projection: AnyProjection): OpenedModel {
  return { name: modelName(projection), projection, isWanted: filterPredicate(projection.filter) };
}

/** The row that events of a stream change, if the projection wants them. */
export function changedKey({ projection, isWanted }: OpenedModel, streamId: StreamId): string | undefined {
  return isWanted({ streamId }) ? rowKey(projection, streamId) : undefined;
}
