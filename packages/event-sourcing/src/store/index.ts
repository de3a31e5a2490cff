/** For authors of stores. Applications do not need it. */
export { MemoryBackend, type MemoryBackendOptions } from '../engine/memory-backend.js';
export { followedStoreOn, storeOn, type EngineOptions } from '../engine/engine-store.js';
export { KeptModels } from '../engine/kept-models.js';
export { mergeFound } from '../engine/lookup.js';
export type { Backend, FoundRows, WantedRows } from '../engine/backend.js';
export {
  AnswerLost,
  type LogBackend,
  type LogRange,
  type Placed,
  type CachedPlan,
  type Transacted,
  type Transaction,
} from '../engine/log-backend.js';
export type { ConsumerBackend, ConsumerRecord, FoundConsumer, Holder } from '../consume/consumer-backend.js';
export { Consumers, type ConsumersParts } from '../consume/consumers.js';
export { MemoryConsumers } from '../consume/memory-consumers.js';
export { planAppends, type StoredForm, type View } from '../engine/plan-appends.js';
export { openedModel } from '../engine/opened-model.js';
export type { CheckedAppend, ModelPlan, MoreToLookUp, PlacedAppend, Plan, Planned } from '../engine/plan.js';
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
export { AppendQueue, type Outcome, type Queued } from './append-queue.js';
export { checkedAppend, encodedAppend, LARGEST_APPEND, LARGEST_SCHEMA_VERSION } from './checked-append.js';
export { conflictOf, recordedEvents, refusalOf } from './placing.js';
export { Feed, type ReadAhead, type Reader } from './feed.js';
export { refuseGaps, streamThrough, type StreamPage, type StreamPart } from './stream-pages.js';
export { receiptPages } from './receipt-pages.js';
export { closedBy } from './closed-by.js';
export { Deadline, throwIfExpired, type WaitOptions } from '../deadline.js';
export { TimedEventStore } from '../streams/timed-event-store.js';
export { TimedReadModel } from '../projections/timed-read-model.js';
export { LiveBuffer } from './live-buffer.js';
export { ChangeNotifier } from './change-notifier.js';
export { delegating } from './delegating.js';
export { Notifier } from './notifier.js';
export { KeyedMutex } from './keyed-mutex.js';
export { OutagePauses, pause } from './back-off.js';
export { inTime, TIME_UP, within } from './time-out.js';
export type { EncodedRow } from './stored-row.js';
export { dataOf, isJsonObject, metadataIn, metadataOf } from './stored-event.js';
export { yieldToLoop } from '../yield-to-loop.js';
export { eitherOf, onAbort } from '../on-abort.js';
export { eventId, isEventId } from '../ids.js';
export { systemClock } from '../clock.js';
export { instantToIso, parseInstant } from '../instant.js';
export { categoryOf, parseStreamId } from '../streams/stream-id.js';
export { Lru } from './lru.js';
export type { Handling } from '../consume/consumer.js';
export { because, Fault, type EventPlace } from '../fault.js';
export {
  followedInAppend,
  placeInAppend,
  type EventShape,
  type NewEvent,
  type PlaceInAppend,
  type RecordedFacts,
} from '../streams/event.js';
export { filterPredicate, matchesFilter, type EventFilter } from '../streams/event-filter.js';
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
export { Acknowledged } from '../streams/acknowledged.js';
export type { HeadProof } from '../projections/head-proof.js';
export { limitOf, pageSizeOf } from '../streams/paging.js';
export { freezeMetadata, notBefore } from '../streams/recording.js';
export { parseJson, toJson } from '../streams/json.js';
export { meetsExpectation, revisionAfter, type ExpectedRevision } from '../streams/revision.js';
export { modelName, type AnyProjection } from '../projections/projection.js';
export { reducePage } from '../projections/reduce-page.js';
export { MOST_BEHIND } from '../projections/read-model-store.js';
export type {
  KeyedRow,
  ReadModel,
  ReadModelChange,
  ReadModelStore,
  RebuildingModel,
  RowsAt,
  RowCount,
  RowQuery,
} from '../projections/read-model-store.js';
export { compareKeys, entriesBeside, indexEntries, rowLimitOf, type IndexEntry } from '../projections/row-query.js';
export { tolerating } from '../projections/tolerating.js';
export type { RunnerOptions } from '../projections/running.js';
export { memoryReadModelStore } from '../memory-store.js';
export { placeOf } from '../streams/event-codec.js';
export { StateReader } from '../decisions/state-reader.js';
export type { RememberedStates } from '../decisions/remembered-states.js';
export { observedDecider, observedEventStore } from '../observe.js';
