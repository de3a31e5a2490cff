export type { Brand } from './brand.js';
export { systemClock, type Clock } from './clock.js';
export { instant, instantToIso, parseInstant, type Instant } from './instant.js';
export { eventId, monotonicIds, type EventId, type IdSource } from './ids.js';
export { WrittenByNewerProgram, UnreadableEvent, UnserialisableData, type EventPlace } from './event-faults.js';
export { Fault, type FaultCode } from './fault.js';
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
} from './faults.js';
export { isFault, type AnyFault } from './is-fault.js';
export {
  CheckpointConflict,
  ProjectionBehind,
  ProjectionStopped,
  RebuildSuperseded,
} from './projections/projection-faults.js';
export {
  followedInAppend,
  placeInAppend,
  type EventMetadata,
  type EventShape,
  type NewEvent,
  type PlaceInAppend,
  type Recorded,
  type RecordedEvent,
  type RecordedFacts,
} from './streams/event.js';
export {
  eventCodec,
  placeOf,
  type EncodedEvent,
  type EventCodec,
  type EventSchema,
  type EventSchemas,
} from './streams/event-codec.js';
export { filterPredicate, matchesFilter, type EventFilter, type EventPredicate } from './streams/event-filter.js';
export type {
  Append,
  EventStore,
  ReadAllOptions,
  ReadStreamOptions,
  Receipt,
  SubscriptionMessage,
} from './streams/event-store.js';
export { limitOf, pageSizeOf } from './streams/paging.js';
export { subscribeByReading, type ReadAhead, type Source } from './streams/subscription.js';
export { freezeMetadata, notBefore } from './streams/recording.js';
export { parseJson, toJson, toJsonObject, type Json, type JsonObject } from './streams/json.js';
export { START, laterPosition, parsePosition, position, positionToString, type Position } from './streams/position.js';
export { meetsExpectation, revision, revisionAfter, type ExpectedRevision, type Revision } from './streams/revision.js';
export { categoryOf, keyOf, parseStreamId, streamId, type StreamId } from './streams/stream-id.js';
export { accept, reject, type Decision } from './decisions/decision.js';
export type { Decider, DecisionContext } from './decisions/decider.js';
export type { FactSource } from './decisions/fact-source.js';
export { CommandHandler } from './decisions/command-handler.js';
export type { CommandHandlerOptions } from './decisions/command-handler-options.js';
export type { CommandContext, Considered, Handled, PreconditionFailed } from './decisions/command-context.js';
export type { StateAt } from './decisions/state-at.js';
export { Lru } from './lru.js';
export { StateReader, type Fold, type Wanted } from './decisions/state-reader.js';
export { OutagePauses, pause } from './decisions/back-off.js';
export {
  modelName,
  type AnyProjection,
  type Projection,
  type ReadModelDefinition,
  type RowCodec,
} from './projections/projection.js';
export {
  decodePage,
  missingKeys,
  reducePage,
  type DecodedPage,
  type PageSlot,
  type PageSlots,
  type ReducedPage,
} from './projections/reduce-page.js';
export { MOST_BEHIND } from './projections/read-model-store.js';
export type {
  KeyedRow,
  ReadModel,
  ReadModelChange,
  ReadModelStore,
  RebuildingModel,
  RowsAt,
  RowQuery,
} from './projections/read-model-store.js';
export { compareKeys, rowLimitOf } from './projections/row-query.js';
export { SignalBoard } from './signal-board.js';
export { Projector, type Lag, type ProjectorOptions } from './projections/projector.js';
export { tolerating, UnreadableRow, type UnreadableFacts } from './projections/tolerating.js';
export { Follower } from './projections/follower.js';
export type { FollowerOptions, FollowerState, Freshness, FreshRows } from './projections/following.js';
export { observedDecider, observedEventStore, tell, toldCall, type Observation, type Observe } from './observe.js';
export type { Store } from './store.js';
export { openMemoryStore, type MemoryStoreOptions } from './memory-store.js';
export { memoryReadModelStore } from './projections/memory-read-model-store.js';
