/** For authors of domains and of stores: the values that both are built of, their texts, and the faults to throw. */
export { acrossCopies } from './across-copies.js';
export type { Brand } from './brand.js';
export { systemClock } from './clock.js';
export { Fault } from './fault.js';
export { eventId, isEventId } from './ids.js';
export { instantToIso, parseInstant } from './instant.js';
export type { AnyFault } from './is-fault.js';
export { faultyEvent } from './store/faulty-event.js';
export { Lru } from './store/lru.js';
export { decodeReceipt } from './store/receipt-pages.js';
export { isJsonObject, metadataIn } from './store/stored-event.js';
export { parseJson } from './streams/json.js';
export { OPTIONAL_METADATA } from './streams/event.js';
export { position } from './streams/position.js';
export { nameRanges, type NameRange } from './streams/event-filter.js';
export { categoryOf, keyOf, parseStreamId } from './streams/stream-id.js';
export { yieldToLoop } from './yield-to-loop.js';
