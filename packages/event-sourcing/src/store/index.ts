/** For authors of stores. Applications do not need it. */
export { MemoryBackend } from '../engine/memory-backend.js';
export { followedStoreOn, storeOn } from '../engine/engine-store.js';
export { InlineModels } from '../engine/opened-model.js';
export type { Backend, WantedRows } from '../engine/backend.js';
export {
  AnswerLost,
  type LogBackend,
  type LogRange,
  type Transacted,
  type Transaction,
} from '../engine/log-backend.js';
export type { ConsumerBackend, ConsumerRecord, FoundConsumer } from '../consume/consumer-backend.js';
export type { Plan, Planned } from '../engine/plan.js';
export type { Found, ModelTarget, Question, StreamEnd } from '../engine/view.js';
export type { ReadAhead } from './read-through.js';
export type { StreamPage, StreamPart } from './stream-pages.js';
export { AppendAssembly } from './whole-appends.js';
export { receiptPages } from './receipt-pages.js';
export { closedBy } from './closed-by.js';
export { throwIfExpired, type WaitOptions } from '../deadline.js';
export { ChangeNotifier } from './change-notifier.js';
export { delegating } from './delegating.js';
export { KeyedMutex } from './keyed-mutex.js';
export { pause } from './back-off.js';
export { TIME_UP, within } from './time-out.js';
export { onAbort } from '../on-abort.js';
export { followedInAppend, type EventShape, type NewEvent } from '../streams/event.js';
export { filterPredicate, type EventFilter } from '../streams/event-filter.js';
export type {
  Append,
  HeadProof,
  ReadAllOptions,
  ReadStreamOptions,
  ReadStreamsOptions,
  StreamReceipt,
  SubscriptionMessage,
} from '../streams/event-store.js';
export { ordinalOf, positionOf } from '../streams/position.js';
export { revisionAfter, type ExpectedRevision } from '../streams/revision.js';
export { modelName } from '../projections/projection.js';
export { MOST_BEHIND } from '../projections/read-model-store.js';
export type { ReadModel, ReadModelStore, RebuildingModel, RowsAt } from '../projections/read-model-store.js';
export { entriesBeside } from '../projections/row-query.js';
export { memoryReadModelStore } from '../memory-store.js';
