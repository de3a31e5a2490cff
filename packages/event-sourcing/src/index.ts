// What everybody meets.
export { instant, type Clock, type Instant } from './values/instant.js';
export { monotonicIds, type EventId } from './values/ids.js';
export { isFault } from './values/is-fault.js';
export type { EventMetadata, Recorded, RecordedEvent } from './streams/event.js';
export { eventCodec, type EventCodec, type EventSchema } from './streams/event-codec.js';
export type { EventStore } from './streams/event-store.js';
export { toJsonObject, type Json, type JsonObject } from './streams/json.js';
export { START, laterPosition, parsePosition, positionToString, type Position } from './values/position.js';
export { revision, type Revision } from './values/revision.js';
export { streamId, type StreamId } from './values/stream-id.js';
export { accept, reject, type Decider, type Decision } from './decisions/decider.js';
export { CommandHandler } from './decisions/command-handler.js';
export type { CommandContext, Handled } from './decisions/command-context.js';
export type { Projection } from './models/projection.js';
export { ProjectionRunner } from './models/projection-runner.js';
export type { ConsumeOptions, Consumer, ConsumerStatus, Handling } from './consume/consumer.js';
export type { Observation, Observe } from './streams/observe.js';
export type { Freshness } from './models/running.js';
export type { Store } from './models/store.js';
export { openMemoryStore } from './memory-store.js';

// For the author of a domain: deadlines, values with their texts, faults to throw, and the types of what a domain calls.
export { Deadline, valuesAwaited } from './values/deadline.js';
export { deepFrozen, isPlainObject } from './values/deep-frozen.js';
export { AS_RECORDED } from './streams/event-codec.js';
export type { FactSource } from './decisions/fact-source.js';
export { fingerprint } from './decisions/fingerprint.js';
export type { StateAt } from './decisions/state-at.js';
export { reducePage } from './models/reduce-page.js';
export { UnreadableRow } from './models/unreadable-row.js';
export { observedCall } from './streams/observe.js';
export { MOST_COUNTED } from './models/row-query.js';
export { acrossCopies } from './values/across-copies.js';
export type { Brand } from './values/brand.js';
export { Fault } from './values/fault.js';
export { eventId } from './values/ids.js';
export { instantToIso, parseInstant } from './values/instant.js';
export { Lru } from './values/lru.js';
export { isJsonObject } from './store/stored-event.js';
export { position } from './values/position.js';
export { categoryOf, parseStreamId } from './values/stream-id.js';
export { yieldToLoop } from './values/yield-to-loop.js';

// How options are parsed, in all packages: names, types and ranges are checked when something is opened.
export { hintFor, parseOptions, type OptionRule, type OptionRules } from './options/parse-options.js';
export { joinInWords, shown } from './values/shown.js';
export { rule } from './options/rule.js';
