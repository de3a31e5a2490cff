/** For authors of stores. Applications do not need it. */
export { MemoryBackend } from './engine/memory-backend.js';
export { followedStoreOn, storeOn } from './engine/engine-store.js';
export { InlineModels } from './engine/opened-model.js';
export type { Backend, WantedRows } from './engine/backend.js';
export { AnswerLost, type LogBackend, type LogRange, type Transacted, type Transaction } from './engine/log-backend.js';
export type { ConsumerBackend, ConsumerRecord, FoundConsumer } from './consume/consumer-backend.js';
export type { Plan, Planned } from './engine/plan.js';
export type { Found, ModelTarget, Question, StreamEnd } from './engine/plan.js';
export type { ReadAhead } from './store/read-through.js';
export type { StreamPage, StreamPart } from './store/stream-pages.js';
export { AppendAssembly } from './store/whole-appends.js';
export { receiptPages } from './store/receipt-pages.js';
export type { WaitOptions } from './values/deadline.js';
export { ChangeNotifier } from './store/change-notifier.js';
export { delegating } from './store/delegating.js';
export { KeyedMutex } from './store/keyed-mutex.js';
export { pause } from './store/back-off.js';
export { TIME_UP, within } from './store/time-out.js';
export { onAbort } from './values/on-abort.js';
export { followedInAppend, type EventShape, type NewEvent } from './streams/event.js';
export { filterPredicate, type EventFilter } from './streams/event-filter.js';
export type {
  Append,
  HeadProof,
  ReadAllOptions,
  ReadStreamsOptions,
  StreamReceipt,
  Trouble,
} from './streams/event-store.js';
export { ordinalOf, positionOf } from './values/position.js';
export { revisionAfter } from './values/revision.js';
export type { SubscriptionMessage } from './streams/following.js';
export type { ReadModel, ReadModelStore, RowsAt } from './models/read-model-store.js';
export { entriesBeside } from './models/row-query.js';
export { memoryReadModelStore } from './memory-store.js';
export { isEventId } from './values/ids.js';
export { decodeReceipt } from './store/receipt-pages.js';
export { damagedMembers, metadataIn } from './store/stored-event.js';
export { OPTIONAL_METADATA } from './streams/event.js';
export { nameRanges } from './streams/event-filter.js';
