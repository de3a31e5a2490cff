/** What the author of a store needs, and an application does not. */
export { MemoryBackend, type MemoryBackendOptions } from '../engine/memory-backend.js';
export { storeOn, type EngineOptions } from '../engine/engine-store.js';
export { KeptModels, type KeptModel } from '../engine/kept-models.js';
export { foundTogether } from '../engine/lookup.js';
export { NO_QUESTION } from '../engine/view.js';
export {
  AnswerLost,
  type Backend,
  type CountedRows,
  type FoundRows,
  type LogRange,
  type Remembered,
  type Transacted,
  type Transaction,
  type WantedRows,
} from '../engine/backend.js';
export type { ConsumerBackend, ConsumerRecord, FoundConsumer, Holder } from '../consume/consumer-backend.js';
export { Consumers, type ConsumersParts } from '../consume/consumers.js';
export { MemoryConsumers } from '../consume/memory-consumers.js';
export { planAppends, type CurrentModel, type Planning, type StoredForm, type View } from '../engine/plan-appends.js';
export { openedModel, type OpenedModel } from '../engine/opened-model.js';
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
export { AppendQueue, type AppendQueueOptions, type Outcome, type Queued } from './append-queue.js';
export {
  checkedAppend,
  encodedAppend,
  LARGEST_APPEND,
  LARGEST_SCHEMA_VERSION,
  type EncodedAppend,
  type EventText,
} from './checked-append.js';
export { conflictOf, recordedEvents, refusalOf, type Placing } from './placing.js';
export { Feed, readThrough, type ReadAhead, type Reader, type Source } from './feed.js';
export { refuseGaps, streamThrough, type StreamPage, type StreamPart, type StreamSource } from './stream-pages.js';
export { closedBy, type Closing } from './closed-by.js';
export { Deadline, refuseOver, type WaitOptions, type Waiting } from '../deadline.js';
export { TimedEventStore } from '../streams/timed-event-store.js';
export type { CloseOptions } from '../projections/running.js';
export { TimedReadModel, TimedRebuildingModel } from '../projections/timed-read-model.js';
export { Listener } from './listener.js';
export { Watch, type WatchOptions } from './watch.js';
export { delegating } from './delegating.js';
export { Notifier } from './notifier.js';
export { KeyedMutex } from './keyed-mutex.js';
export { OutagePauses, pause, type BackOff } from './back-off.js';
export { inTime, TIME_UP, within, type Wait } from './time-out.js';
export { KeptRows } from './kept-rows.js';
export { decodeRow, encodedRows, type EncodedRow, type StoredRow } from './stored-row.js';
export { dataOf, isEventMetadata, isJsonObject, metadataOf } from './stored-event.js';
export { yieldToLoop } from '../yield-to-loop.js';
export { eitherOf, onAbort, type Released } from '../on-abort.js';
export { eventId, isEventId } from '../ids.js';
export { systemClock } from '../clock.js';
export { instantToIso, parseInstant } from '../instant.js';
export { categoryOf, parseStreamId } from '../streams/stream-id.js';
export { Lru } from './lru.js';
export type { Handling } from '../consume/consumer.js';
export { because, Fault } from '../fault.js';
export { UnreadableEvent, UnserialisableData, WrittenByNewerProgram, type EventPlace } from '../event-faults.js';
export {
  ConcurrentChange,
  DeadlineExceeded,
  DriverUnusable,
  OutcomeUnknown,
  PositionUnknown,
  ReceiptExists,
  RevisionConflict,
  StoreClosed,
  StoreDamaged,
  StoreForeign,
  StoreFull,
  StoreUnavailable,
  WrittenUnseen,
} from '../faults.js';
export {
  CheckpointConflict,
  ProjectionBehind,
  ProjectionStopped,
  RebuildSuperseded,
} from '../projections/projection-faults.js';
export {
  followedInAppend,
  placeInAppend,
  type EventShape,
  type NewEvent,
  type PlaceInAppend,
  type RecordedFacts,
} from '../streams/event.js';
export { filterPredicate, matchesFilter, type EventFilter, type EventPredicate } from '../streams/event-filter.js';
export type {
  Append,
  ReadAllOptions,
  ReadStreamOptions,
  ReadStreamsOptions,
  Receipt,
  StreamReceipt,
  SubscriptionMessage,
} from '../streams/event-store.js';
export { placeIn, position, positionOf, taggedPosition } from '../streams/position.js';
export { Acknowledged } from '../streams/acknowledged.js';
export { proofOf, standingBy, type HeadProof, type Standing } from '../projections/head-proof.js';
export { limitOf, pagesOf, pageSizeOf } from '../streams/paging.js';
export { freezeMetadata, notBefore } from '../streams/recording.js';
export { parseJson, toJson } from '../streams/json.js';
export { meetsExpectation, revisionAfter, type ExpectedRevision } from '../streams/revision.js';
export {
  modelName,
  rowKey,
  type AnyProjection,
  type CheckingProjection,
  type IndexValues,
  type ReadModelDefinition,
  type RowCodec,
} from '../projections/projection.js';
export { reducePage, unknownKeys, type KnownRows, type ReducedPage } from '../projections/reduce-page.js';
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
export type { Lag } from '../projections/projected-log.js';
export { tolerating } from '../projections/tolerating.js';
export type { UnreadableFacts, UnreadableKind, UnreadablePage } from '../projections/unreadable-row.js';
export type { FreshRows, RunnerOptions } from '../projections/running.js';
export type { RunnerState } from '../projections/runner-state.js';
export { memoryReadModelStore } from '../memory-store.js';
export { placeOf, type EncodedEvent, type EventSchemas } from '../streams/event-codec.js';
export type { DecisionContext } from '../decisions/decider.js';
export type { CommandHandlerOptions } from '../decisions/command-handler-options.js';
export type { Considered } from '../decisions/command-context.js';
export { StateReader, type Fold } from '../decisions/state-reader.js';
export type { RememberedStates } from '../decisions/remembered-states.js';
export type { MemoryStoreOptions } from '../memory-store.js';
export { observedDecider, observedEventStore, tell } from '../observe.js';
