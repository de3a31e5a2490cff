export { fixedClock, settableClock, steppingClock, type Moment, type SettableClock } from './clocks.js';
export { measurePace, paced } from './pace.js';
export { rowUnder } from './row-under.js';
export { sequentialIds } from './sequential-ids.js';
export { EventPlacer, type PlacingOptions } from './specifications/event-placer.js';
export {
  deciderSpecification,
  type DeciderGiven,
  type DeciderThen,
  type DeciderWhen,
} from './specifications/decider-specification.js';
export {
  projectionSpecification,
  type ProjectionGiven,
  type ProjectionThen,
} from './specifications/projection-specification.js';
export {
  signInSpecification,
  type SignInGiven,
  type SignInOf,
  type SignInJudge,
  type SignInThen,
  type SignInWhen,
} from './specifications/sign-in-specification.js';
export {
  loadHistory,
  readHistory,
  replay,
  writeHistory,
  type HistoryLines,
  type ReplayOptions,
} from './history/history.js';
export { InvalidHistory } from './history/invalid-history.js';
export {
  COUNTER_CATEGORY,
  counter,
  counterEvents,
  counterTotals,
  countersInOrder,
  PARITY,
  type Counted,
  type CounterCommand,
  type CounterEvent,
  type CounterRejection,
  type CounterRemoved,
  type CounterRow,
  type CounterState,
} from './samples/counter.js';
