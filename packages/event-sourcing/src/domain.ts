/** For the author of a domain: deadlines, and the types of what a domain calls. */
export { Deadline, valuesAwaited } from './deadline.js';
export { deepFrozen } from './deep-frozen.js';
export type { RecordedFacts } from './streams/event.js';
export { AS_RECORDED } from './streams/event-codec.js';
export type { FactSource } from './decisions/fact-source.js';
export { fingerprint } from './decisions/fingerprint.js';
export type { PreconditionFailed } from './decisions/command-context.js';
export type { StateAt } from './decisions/state-at.js';
export type { StateReader } from './decisions/state-reader.js';
export { reducePage } from './projections/reduce-page.js';
export { UnreadableRow, type UnreadablePage } from './projections/unreadable-row.js';
export type { RunnerState } from './projections/runner-state.js';
export type { Lag } from './projections/projected-log.js';
export type { ConsumerFailure, Fence, Handle } from './consume/consumer.js';
export { observedCall, type ConsumerState } from './observe.js';
export { MOST_COUNTED } from './projections/row-query.js';
