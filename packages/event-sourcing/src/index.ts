export type { Brand } from './brand.js';
export { systemClock, type Clock } from './clock.js';
export { instant, instantToIso, parseInstant, type Instant } from './instant.js';
export { eventId, monotonicIds, type EventId, type IdSource } from './ids.js';
export { Deadline } from './deadline.js';
export type { FaultCode } from './fault.js';
export { UnreadableEvent } from './event-faults.js';
export { PositionUnknown, StoreClosed, StoreDamaged } from './faults.js';
export { isFault } from './is-fault.js';
export type { EventMetadata, Recorded, RecordedEvent, RecordedFacts } from './streams/event.js';
export { eventCodec, type EventCodec, type EventSchema } from './streams/event-codec.js';
export type { EventStore } from './streams/event-store.js';
export { parseJson, toJsonObject, type Json, type JsonObject } from './streams/json.js';
export { START, laterPosition, parsePosition, position, positionToString, type Position } from './streams/position.js';
export { revision, type Revision } from './streams/revision.js';
export { categoryOf, keyOf, parseStreamId, streamId, type StreamId } from './streams/stream-id.js';
export { accept, reject, type Decision } from './decisions/decision.js';
export type { Decider } from './decisions/decider.js';
export type { FactSource } from './decisions/fact-source.js';
export { CommandHandler } from './decisions/command-handler.js';
export type { CommandContext, Handled, PreconditionFailed } from './decisions/command-context.js';
export type { StateAt } from './decisions/state-at.js';
export type { Projection } from './projections/projection.js';
export { UnreadableRow } from './projections/unreadable-row.js';
export { Follower } from './projections/follower.js';
export type {
  ConsumeOptions,
  Consumer,
  ConsumerFailure,
  ConsumerState,
  ConsumerStatus,
  Handle,
  Handling,
} from './consume/consumer.js';
export { toldCall, type Observation, type Observe } from './observe.js';
export type { Freshness } from './projections/following.js';
export type { Store } from './store.js';
export { openMemoryStore } from './memory-store.js';
export { Lru } from './store/lru.js';
