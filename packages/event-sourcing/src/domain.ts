/** What the author of a domain needs beside what its users do: deadlines, faults to throw, and the types of what it is built of. */
export type { Brand } from './brand.js';
export { systemClock } from './clock.js';
export { instantToIso, parseInstant } from './instant.js';
export { eventId } from './ids.js';
export { Deadline } from './deadline.js';
export { UnreadableEvent } from './event-faults.js';
export { PositionUnknown, StoreClosed, StoreDamaged } from './faults.js';
export type { RecordedFacts } from './streams/event.js';
export { parseJson } from './streams/json.js';
export { position } from './streams/position.js';
export { categoryOf, keyOf, parseStreamId } from './streams/stream-id.js';
export type { FactSource } from './decisions/fact-source.js';
export type { PreconditionFailed } from './decisions/command-context.js';
export type { StateAt } from './decisions/state-at.js';
export { UnreadableRow } from './projections/unreadable-row.js';
export type { ConsumerFailure, ConsumerState, Handle, Handling } from './consume/consumer.js';
export { toldCall } from './observe.js';
export { Lru } from './store/lru.js';
