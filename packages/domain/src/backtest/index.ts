/** Looks back: records sign-ins, and says what a change would have meant for them. */
export { backtest, type BacktestOptions } from './backtest.js';
export { EFFECTS, type Effect, type SignInResult } from './effects.js';
export type { Backtest, BacktestExample, BadLine, LineProblem } from './findings.js';
export type { RecordSource } from './lines.js';
export { policiesAfter, policiesThen, type PolicyProposed, type PolicyThen, type ProposedChange } from './policies.js';
export { RECORD_VERSION, type RecordedAnswer, type SignInRecord } from './record.js';
export { SIGN_IN_MEMBERS, SIGN_IN_RECORD_SCHEMA, type JsonSchema } from './schema.js';
export {
  signInRecorder,
  type RecorderOptions,
  type RecorderStatus,
  type SignInRecorder,
  type SignInSink,
  type SignInToRecord,
} from './recorder.js';
export type { Shown, SignInCount, SignInsByEffect, Transition } from './tally.js';
