/** Rollouts: one command for the default policy of an instance and for its custom policies. */
export { rollOut, type Rollout } from './rollout.js';
export { findRollout, type FoundRollout } from './find-rollout.js';
export type {
  RolloutPlan,
  RolloutProgress,
  RolloutRefusal,
  RolloutReport,
  RolloutStanding,
  RolloutStep,
} from './rollout-answers.js';
export { canBeRolledOut } from './rollout-input.js';
export type {
  CarryOutOptions,
  FindRolloutOptions,
  RevertRolloutOptions,
  RolloutCommand,
  RolloutOptions,
} from './rollout-input.js';
