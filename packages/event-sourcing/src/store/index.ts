/** For authors of stores. Applications do not need it. */
export { MemoryBackend } from '../engine/memory-backend.js';
export { followedStoreOn, storeOn } from '../engine/engine-store.js';
export { InlineModels } from '../engine/inline-models.js';
export { mergeFound } from '../engine/lookup.js';
export type { Backend, FoundRows, WantedRows } from '../engine/backend.js';
export {
  AnswerLost,
  type LogBackend,
  type LogRange,
  type Placed,
  type Transacted,
  type Transaction,
} from '../engine/log-backend.js';
export type { ConsumerBackend, ConsumerRecord, FoundConsumer } from '../consume/consumer-backend.js';
export { HANDLE_TIMEOUT_MS, HANDLER_ENDS_MS } from '../consume/handler-call.js';
export { MemoryConsumers } from '../consume/memory-consumers.js';
export type { ModelPlan, PlacedAppend, Plan, Planned } from '../engine/plan.js';
export {
  receiptName,
  targetName,
  type Found,
  type FoundModel,
  type ModelId,
  type ModelQuestion,
  type ModelTarget,
  type Question,
  type ReceiptKey,
  type StreamEnd,
} from '../engine/view.js';
export { LARGEST_APPEND, LARGEST_SCHEMA_VERSION } from './checked-append.js';
export type { ReadAhead } from './feed.js';
export type { StreamPage, StreamPart } from './stream-pages.js';
export { receiptPages } from './receipt-pages.js';
export { closedBy } from './closed-by.js';
export { throwIfExpired, type WaitOptions } from '../deadline.js';
export { ChangeNotifier } from './change-notifier.js';
export { delegating } from './delegating.js';
export { KeyedMutex } from './keyed-mutex.js';
export { pause } from './back-off.js';
export { TIME_UP, within } from './time-out.js';
export type { EncodedRow } from './stored-row.js';
export { dataOf, isJsonObject, metadataIn, metadataOf } from './stored-event.js';
export { yieldToLoop } from '../yield-to-loop.js';
export { eitherOf, onAbort } from '../on-abort.js';
export { eventId, isEventId } from '../ids.js';
export { systemClock } from '../clock.js';
export { instantToIso, parseInstant } from '../instant.js';
export { categoryOf, parseStreamId } from '../streams/stream-id.js';
export { Lru } from './lru.js';
export { because, Fault } from '../fault.js';
export { followedInAppend, type EventShape, type NewEvent, type PlaceInAppend } from '../streams/event.js';
export { filterPredicate, type EventFilter } from '../streams/event-filter.js';
export type {
  Append,
  ReadAllOptions,
  ReadStreamOptions,
  ReadStreamsOptions,
  Receipt,
  ReceiptOptions,
  StreamReceipt,
  SubscriptionMessage,
} from '../streams/event-store.js';
export { ordinalOf, position, positionOf, taggedPosition } from '../streams/position.js';
export type { HeadProof } from '../projections/head-proof.js';
export { limitOf, pageSizeOf } from '../streams/paging.js';
export { freezeMetadata } from '../streams/recording.js';
export { parseJson } from '../streams/json.js';
export { revisionAfter, type ExpectedRevision } from '../streams/revision.js';
export { modelName, type AnyProjection } from '../projections/projection.js';
export { MOST_BEHIND } from '../projections/read-model-store.js';
export type {
  ReadModel,
  ReadModelChange,
  ReadModelStore,
  RebuildingModel,
  RowsAt,
} from '../projections/read-model-store.js';
export { entriesBeside } from '../projections/row-query.js';
export { memoryReadModelStore } from '../memory-store.js';
export { unreadableEvent } from '../streams/event-codec.js';
